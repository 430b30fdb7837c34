import {
  type ErrorCode,
  errorCodes,
  type ErrorDetails,
  HoldfastError,
  isHoldfastError,
} from '../../../base/index.ts';
import type { SessionError } from './protocol.ts';

/** A failure as it travels. What is no error of ours is a defect on the other side, and is told as one. */
export function packError(error: unknown): SessionError {
  if (isHoldfastError(error)) {
    const { code, message, hint, details } = error;
    return { code, message, hint, details };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'DEFECT', message, hint: errorCodes.DEFECT.hint, details: {} };
}

/** The same error here. A code that this version does not know becomes HOST_COMMAND_FAILED with the same words. */
export function unpackError({ code, message, hint, details }: SessionError, host: string): HoldfastError {
  const known = code in errorCodes ? (code as ErrorCode) : 'HOST_COMMAND_FAILED';
  return new HoldfastError(known, message, { hint, details: { ...(details as ErrorDetails), host } });
}
