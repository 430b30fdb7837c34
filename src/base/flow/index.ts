export { throwIfInterrupted, yieldToEventLoop } from './interrupt.ts';
