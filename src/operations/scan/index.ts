/** One pass over a database file: structure, hash, counts. */
export { type DatabaseScan, scanDatabase, type ScanResult } from './scan-database.ts';
