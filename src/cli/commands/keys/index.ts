/** Plain keys in a snapshot, a database, a data dir or a live etcd. */
export { keysDiffCommand } from './diff.ts';
export { keysExportCommand } from './export.ts';
export { keysGetCommand } from './get.ts';
export { keysHistoryCommand } from './history.ts';
export { keysListCommand } from './list.ts';
