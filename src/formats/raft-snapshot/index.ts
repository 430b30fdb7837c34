/** Raft snapshots (`.snap` files) and the v2 store inside them. */
export { type ChosenSnapshot, chooseSnapshot } from './choose-snapshot.ts';
export { decodeSnapFile, encodeSnapFile, type RaftSnapshot } from './snap-file.ts';
export { formatSnapDatabaseName, formatSnapName, snapNames } from './snap-name.ts';
export { buildV2Store, type V2StoreMember, type V2StoreOptions } from './v2-store.ts';
