import { HoldfastError } from '../../base/index.ts';

/** WAL_CORRUPT with the place: segment name and byte offset within it. */
export function walCorrupt(what: string, segment: string, offset: number, cause?: unknown): HoldfastError {
  return new HoldfastError('WAL_CORRUPT', `${segment}: ${what} at byte ${offset}`, {
    details: { segment, offset },
    ...(cause === undefined ? {} : { cause }),
  });
}
