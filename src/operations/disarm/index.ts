/** `alarm disarm`: clears the alarms of a cluster. */
export { disarmAlarms, type DisarmOptions } from './disarm-alarms.ts';
