import { HoldfastError } from '../../base/index.ts';

/** CONFIG_FILE_INVALID for a file and the line in it; `what` never quotes a value. */
export function invalidFile(path: string, line: number, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CONFIG_FILE_INVALID', `${path}, line ${line}: ${what}`, {
    details: { path, line },
    ...(cause !== undefined && { cause }),
  });
}
