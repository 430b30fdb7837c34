export {
  type Clock,
  type LogFields,
  type Logger,
  operationContext,
  type OperationContext,
  type OperationEvent,
  silentLogger,
  systemClock,
} from './context.ts';
