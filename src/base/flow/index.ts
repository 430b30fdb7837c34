export { throwIfInterrupted, yieldToEventLoop } from './interrupt.ts';
export { runPhase, runToEnd, SliceMeter, type Steps } from './steps.ts';
