import { HoldfastError } from '../base/index.ts';

/** The error for bytes that are not what was written. `what` names the object or the part of it. */
export function damaged(what: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('REPOSITORY_DAMAGED', `${what}: ${why}`, { details: { object: what }, cause });
}

/** The error for something that a newer version may know. */
export function unknownFormat(what: string, why: string): HoldfastError {
  return new HoldfastError('REPOSITORY_FORMAT_UNKNOWN', `${what}: ${why}`, { details: { object: what } });
}
