export type { ErrorCodeRow } from './error-code-row.ts';
export { errorCodes, type ErrorCode } from './error-codes.ts';
export type { Finding } from './finding.ts';
export {
  type ErrorDetails,
  HoldfastError,
  type HoldfastErrorOptions,
  hasCode,
  isHoldfastError,
} from './holdfast-error.ts';
export { errnoOf, fileError } from './system-error.ts';
