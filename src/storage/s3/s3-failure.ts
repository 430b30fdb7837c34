import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';
import { objectMissing } from '../failures.ts';

/** What the SDK's errors have in common, as far as we look at it. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  /** Of sockets and TLS: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export interface S3Request {
  /** What was being done, as a verb: `put`. */
  readonly action: string;
  readonly location: string;
  /** The object's name in the store. */
  readonly name?: string;
  readonly signal?: AbortSignal | undefined;
}

const deniedNames =
  /^(AccessDenied|Forbidden|AllAccessDisabled|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|CredentialsProviderError|AuthorizationHeaderMalformed|AccountProblem)/;
const throttledNames =
  /^(SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|BandwidthLimitExceeded|ServiceUnavailable)/;
const networkNames = /^(TimeoutError|RequestTimeout|NetworkingError|InternalError|IncompleteBody)/;
const networkCodes =
  /^(ECONN|ENOTFOUND$|EAI_|ETIMEDOUT$|EPIPE$|EHOSTUNREACH$|ENETUNREACH$|ERR_STREAM_PREMATURE_CLOSE$|ERR_SOCKET)/;
const tlsCodes = /CERT|^ERR_TLS|^ERR_SSL|SIGNATURE|ISSUER/;

/** Turns whatever the SDK rejects with into a HoldfastError of the store. */
export function s3Failure(error: unknown, request: S3Request): HoldfastError {
  if (isHoldfastError(error)) return error;
  if (request.signal?.aborted === true) {
    const reason: unknown = request.signal.reason;
    return isHoldfastError(reason)
      ? reason
      : new HoldfastError('INTERRUPTED', 'interrupted', { cause: error });
  }
  const found = asSdkError(error);
  if (isMissing(found) && request.name !== undefined)
    return objectMissing(request.location, request.name, error);
  const { code, hint } = classify(found);
  const what = request.name === undefined ? '' : ` ${request.name}`;
  const name = found.name === 'Error' ? '' : `${found.name}: `;
  const said = found.message === '' ? found.name : name + found.message;
  return new HoldfastError(code, `${request.action}${what} at ${request.location}: ${said}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { location: request.location, reason: found.name },
    cause: error,
  });
}

/** The name that the server gave its answer: `PreconditionFailed`. */
export function s3ErrorName(error: unknown): string {
  return asSdkError(error).name;
}

export function s3Status(error: unknown): number | undefined {
  return asSdkError(error).$metadata?.httpStatusCode;
}

function asSdkError(error: unknown): SdkError {
  return error instanceof Error ? error : { name: 'Error', message: String(error) };
}

function isMissing(error: SdkError): boolean {
  return error.name === 'NoSuchKey' || error.name === 'NotFound';
}

function classify(error: SdkError): { readonly code: ErrorCode; readonly hint?: string } {
  const status = error.$metadata?.httpStatusCode ?? 0;
  const code = typeof error.code === 'string' ? error.code : '';
  if (error.name === 'NoSuchBucket')
    return { code: 'STORAGE_LOCATION_INVALID', hint: 'Make the bucket first, or check its name and region.' };
  if (error.name === 'RequestTimeTooSkewed')
    return { code: 'STORAGE_DENIED', hint: 'Set the clock of this machine.' };
  if (/^Region (is missing|not accepted)/.test(error.message))
    return {
      code: 'STORAGE_LOCATION_INVALID',
      hint: 'Give the region of the bucket: --s3-region, HOLDFAST_S3_REGION or AWS_REGION.',
    };
  if (error.name === 'PermanentRedirect' || error.name === 'AuthorizationHeaderMalformed')
    return { code: 'STORAGE_LOCATION_INVALID', hint: 'Give the region in which the bucket is.' };
  if (throttledNames.test(error.name) || status === 429 || status === 503)
    return { code: 'STORAGE_THROTTLED' };
  if (deniedNames.test(error.name) || status === 401 || status === 403) return { code: 'STORAGE_DENIED' };
  if (tlsCodes.test(code))
    return { code: 'STORAGE_FAILED', hint: 'Give the CA that signed the certificate of the endpoint.' };
  if (
    networkNames.test(error.name) ||
    networkCodes.test(code) ||
    networkCodes.test(error.name) ||
    status >= 500
  )
    return { code: 'STORAGE_UNREACHABLE' };
  if (/socket hang up|aborted|other side closed/.test(error.message)) return { code: 'STORAGE_UNREACHABLE' };
  return { code: 'STORAGE_FAILED' };
}
