import { HoldfastError } from '../../base/index.ts';

/** The command line is wrong: exit status 2. The hint says what would be right. */
export function usageError(message: string, hint?: string): HoldfastError {
  return new HoldfastError('USAGE', message, hint === undefined ? {} : { hint });
}
