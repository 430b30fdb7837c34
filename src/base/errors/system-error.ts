import type { ErrorCode } from './error-codes.ts';
import { HoldfastError, isHoldfastError } from './holdfast-error.ts';

const codeOfErrno: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'FILE_NOT_FOUND',
  ENOTDIR: 'FILE_NOT_FOUND',
  EISDIR: 'NOT_A_REGULAR_FILE',
  EEXIST: 'FILE_EXISTS',
  ENOTEMPTY: 'DIR_NOT_EMPTY',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
};

const wordsOfErrno: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'is a directory',
  EEXIST: 'exists already',
  ENOTEMPTY: 'directory not empty',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  EIO: 'input/output error',
};

/** The errno name (`ENOENT`, …) of a Node system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * Turns a Node file-system error into a HoldfastError that names the path; other values pass unchanged.
 * @param action what was being done, as a verb phrase: "open", "write", "rename"
 */
export function fileError(error: unknown, action: string, path: string): unknown {
  if (isHoldfastError(error)) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const writing = !/^(open|read|stat)$/.test(action);
  const code = codeOfErrno[errno] ?? (writing ? 'WRITE_FAILED' : 'FILE_NOT_READABLE');
  const words = wordsOfErrno[errno] ?? errno;
  return new HoldfastError(code, `${action} ${path}: ${words}`, { details: { path, errno }, cause: error });
}
