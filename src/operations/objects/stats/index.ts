/** How much of what a source holds. */
export type { DatabaseSpace } from './database-space.ts';
export type { LargeObject } from './largest-objects.ts';
export { type ObjectShare, type ObjectStats, objectStats, type ObjectStatsOptions } from './object-stats.ts';
