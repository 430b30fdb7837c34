import { HoldfastError, throwIfInterrupted } from '../base/index.ts';
import { defaultGetLimitBytes, type GetOptions, type RequestOptions } from './storage.ts';

/** The error for a name under which there is nothing. */
export function objectMissing(location: string, name: string, cause?: unknown): HoldfastError {
  return new HoldfastError('STORAGE_OBJECT_MISSING', `${location} has no object ${name}`, {
    details: { location, object: name },
    cause,
  });
}

/** Refuses to take more into memory than the caller allows. Errors: STORAGE_OBJECT_TOO_LARGE. */
export function requireWithinLimit(
  location: string,
  name: string,
  sizeBytes: number,
  options: GetOptions | undefined,
): void {
  const limitBytes = options?.limitBytes ?? defaultGetLimitBytes;
  if (sizeBytes <= limitBytes) return;
  throw new HoldfastError(
    'STORAGE_OBJECT_TOO_LARGE',
    `${location}: ${name} has ${sizeBytes} bytes where at most ${limitBytes} are expected`,
    { details: { location, object: name, sizeBytes, limitBytes } },
  );
}

/** The part of an object that is asked for: from `start` to `end`, cut to its size. */
export function resolveRange(
  sizeBytes: number,
  options: GetOptions | undefined,
): { readonly start: number; readonly end: number } {
  const start = Math.min(options?.offset ?? 0, sizeBytes);
  return { start, end: Math.min(start + (options?.lengthBytes ?? sizeBytes), sizeBytes) };
}

/** Throws INTERRUPTED when the caller wants no more. */
export function requireWanted(options: RequestOptions | undefined): void {
  if (options?.signal !== undefined) throwIfInterrupted(options.signal);
}
