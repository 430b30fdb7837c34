/** Hourly snapshots into a repository, beside restic. */
export { compareRepositories, type RepositoryCaseOptions } from './compare-repositories.ts';
export { compareFetchFloor, type FetchFloorOptions } from './compare-fetch-floor.ts';
