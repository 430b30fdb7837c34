/** What every step of a recovery works with. */
export type { StepWork } from './step-work.ts';
