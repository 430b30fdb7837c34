/** `snapshot save`: a verified file from a live etcd. */
export type { SaveSnapshotOptions, SaveSnapshotResult, SaveTarget, SnapshotSink } from './save-options.ts';
export { chooseEndpoint, type ChosenEndpoint } from './choose-endpoint.ts';
export { saveSnapshot } from './save-snapshot.ts';
export { saveFromHost, type SaveFromHostOptions } from './save-from-host.ts';
