export { bothOf } from './both-of.ts';
export { throwIfInterrupted, yieldToEventLoop } from './interrupt.ts';
export { runPhase, runToEnd, SliceMeter, type Steps } from './steps.ts';
export { type Looked, type WaitOptions, waitUntil } from './wait-until.ts';
