import type { StoreFacts } from '../store/index.ts';

/** What the server says that it is. */
export interface ServedVersion {
  /** Such as `3.6.16`: clients choose by it what they may ask for. */
  readonly server: string;
  /** Such as `3.6.0`. */
  readonly cluster: string;
  /** Undefined before 3.6, whose files do not say it. */
  readonly storage: string | undefined;
}

/** The releases that this server was compared with. */
const newestRelease = '3.7.3';
const releases: Readonly<Record<string, string>> = { '3.6': '3.6.16', '3.7': newestRelease };
/** Files of 3.4 and 3.5 look the same; 3.5 can read both. */
const release35 = '3.5.30';

/** A file is served as the etcd would call itself that it belongs to. */
export function servedVersion({ storageVersion, clusterVersion }: StoreFacts): ServedVersion {
  const cluster = clusterVersion ?? storageVersion ?? '3.5.0';
  if (storageVersion === undefined) return { server: release35, cluster, storage: undefined };
  const line = storageVersion.split('.').slice(0, 2).join('.');
  return { server: releases[line] ?? newestRelease, cluster, storage: storageVersion };
}
