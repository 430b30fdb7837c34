export { errorCodes, type ErrorCode, type ErrorCodeRow } from './error-codes.ts';
export type { Finding } from './finding.ts';
export {
  type ErrorDetails,
  HoldfastError,
  type HoldfastErrorOptions,
  hasCode,
  isHoldfastError,
} from './holdfast-error.ts';
export { errnoOf, fileError } from './system-error.ts';
