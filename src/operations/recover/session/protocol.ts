/**
 * How the coordinator of a recovery talks to the program on another host: one JSON document a line, over the streams
 * of an ssh session. 64-bit numbers travel as in journals.
 */
import type { LogFields, OperationEvent } from '../../../base/index.ts';
import type { RecoveryHost } from '../host/index.ts';

/**
 * The questions of a recovery to a host, by the names that they have in `RecoveryHost`. `foresee` is none: it needs the
 * snapshot, which is brought there only when the plan is carried out.
 */
export type SessionMethod = Exclude<keyof RecoveryHost, 'name' | 'foresee' | typeof Symbol.asyncDispose>;

/** From the coordinator. */
export type SessionRequest =
  | { readonly id: number; readonly method: SessionMethod; readonly params: readonly unknown[] }
  /** Stop working on a request; it is answered all the same. */
  | { readonly stop: number }
  /** Nothing but a sign of life. */
  | { readonly alive: true };

/** So often the coordinator gives a sign of life. */
export const aliveEveryMs = 10_000;

/**
 * A coordinator that has been silent for this long is taken for gone: of a machine that was switched off or cut off
 * the host's ssh server does not learn for hours.
 */
export const silenceLimitMs = 60_000;

/** From the host. */
export type SessionMessage =
  | { readonly ready: { readonly version: string } }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: SessionError }
  | { readonly event: OperationEvent }
  | {
      readonly log: {
        readonly level: 'debug' | 'info' | 'warn';
        readonly message: string;
        readonly fields: LogFields;
      };
    };

export interface SessionError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
}
