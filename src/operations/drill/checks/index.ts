/** The checks of what runs, from outside. */
export { checkHealth } from './health.ts';
export { checkHistory, checkRevision } from './history.ts';
export { checkKeys, checkKeysSince, type LeaseUse } from './keys.ts';
export { checkLeases } from './leases.ts';
export { checkMembers } from './members.ts';
export { type BeforeRestart, checkRestart, checkWrite } from './write-and-restart.ts';
