/** Gardener's delta snapshots: their names, and the changes in them. */
export { deltaDigestBytes, type DeltaEvent, readDeltaEvents } from './delta-events.ts';
export { type GardenerName, parseGardenerName } from './snapshot-name.ts';
