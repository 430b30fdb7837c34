import { type HoldfastError, isHoldfastError } from '../../base/index.ts';

const codes: readonly string[] = [
  'FILE_NOT_READABLE',
  'NOT_A_REGULAR_FILE',
  'CONFIG_FILE_INVALID',
  'CERTIFICATE_INVALID',
];

/** Whether one file cannot be read or understood: a finding about that file, while the search goes on. */
export function isReadProblem(error: unknown): error is HoldfastError {
  return isHoldfastError(error) && codes.includes(error.code);
}
