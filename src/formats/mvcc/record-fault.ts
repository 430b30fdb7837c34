import { HoldfastError, isHoldfastError } from '../../base/index.ts';

/** A RECORD_INVALID error that says which record it is about. Never carries a value. */
export function recordInvalid(record: string, fault: string, cause?: unknown): HoldfastError {
  return new HoldfastError('RECORD_INVALID', `${record}: ${fault}`, {
    details: { record },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Runs a decoder and names the record in what it throws. */
export function decodingRecord<T>(record: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'RECORD_INVALID' && error.details['record'] === undefined) {
      throw recordInvalid(record, error.message, error);
    }
    throw error;
  }
}
