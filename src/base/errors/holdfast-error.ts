import type { ErrorCodeRow } from './error-code-row.ts';
import { type ErrorCode, errorCodes } from './error-codes.ts';

/** JSON-safe facts about where an error happened: path, endpoint, page id, byte offset, expected and actual. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface HoldfastErrorOptions {
  /** One sentence: what to do next. Defaults to the hint of the code's row. */
  readonly hint?: string;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

const brand = Symbol.for('holdfast.error');

/**
 * The one error class. `message` says what happened (lower case, no advice, no trailing period), `hint` what to do.
 * Callers branch on `code`, never on the message.
 */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: ErrorDetails;
  readonly [brand] = true;

  constructor(code: ErrorCode, message: string, options: HoldfastErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorCodes[code].hint;
    this.details = options.details ?? {};
  }

  /** The exit status that `design.md` gives to this code. */
  get exitStatus(): ErrorCodeRow['exitStatus'] {
    return errorCodes[this.code].exitStatus;
  }
}

/** Whether a value is a `HoldfastError`, also across two copies of this module (a bundle and its library). */
export function isHoldfastError(value: unknown): value is HoldfastError {
  return typeof value === 'object' && value !== null && brand in value;
}

/** Whether a value is a HoldfastError of this code. */
export function hasCode(value: unknown, code: ErrorCode): value is HoldfastError {
  return isHoldfastError(value) && value.code === code;
}
