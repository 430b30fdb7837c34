/** Hourly snapshots into a repository, beside restic. */
export { compareRepositories, type RepositoryCaseOptions } from './compare-repositories.ts';
