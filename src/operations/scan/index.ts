/** One pass over a database file: structure, hash, counts. */
export type { DatabaseScan, ScanOptions } from './database-scan.ts';
export { scanDatabase, type ScanResult } from './scan-database.ts';
