/** Leases over time: grants, renewals, expiry. */
export { LeaseError, type LeaseFault } from './lease-error.ts';
export { type LeaseState, Lessor, type LessorOptions } from './lessor.ts';
