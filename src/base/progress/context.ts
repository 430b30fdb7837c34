/**
 * What every operation takes besides its options: how to stop, where to report, what time it is.
 * Passed explicitly; there is no module-level state.
 */
export interface OperationContext {
  /** Aborted by Ctrl-C or by an embedding program; operations clean up and throw INTERRUPTED. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Receives every event, unthrottled and unformatted. */
  readonly events: (event: OperationEvent) => void;
  readonly clock: Clock;
}

export interface Clock {
  /** Wall-clock milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes back. */
  monotonicMs(): number;
}

/** One line for each step a user would recognise; data goes into fields, never keys or values of etcd. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<
  Record<string, string | number | bigint | boolean | readonly string[] | undefined>
>;

/** Typed events of a running operation. Renderers throttle and format; producers do not. */
export type OperationEvent =
  | { readonly type: 'phase-started'; readonly phase: string; readonly totalBytes?: number }
  | {
      readonly type: 'phase-progress';
      readonly phase: string;
      readonly doneBytes: number;
      readonly totalBytes?: number;
    }
  | {
      readonly type: 'phase-finished';
      readonly phase: string;
      readonly doneBytes?: number;
      readonly tookMs: number;
    }
  | {
      /** A part of an undertaking over several hosts, in words for people; it is told when all hosts are through. */
      readonly type: 'part-done';
      readonly title: string;
      readonly tookMs: number;
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | {
      /** A step of a longer undertaking on one host, after its journal has been flushed. */
      readonly type: 'step';
      readonly host: string;
      readonly step: string;
      readonly state: 'begun' | 'done' | 'undoing' | 'undone';
    };

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const silentLogger: Logger = { debug() {}, info() {}, warn() {} };

/** A context for library users and tests: never aborted, silent, the system clock; override what matters. */
export function operationContext(overrides: Partial<OperationContext> = {}): OperationContext {
  return {
    signal: new AbortController().signal,
    log: silentLogger,
    events: () => {},
    clock: systemClock,
    ...overrides,
  };
}
