import { HoldfastError } from '../../base/index.ts';

export interface S3StorageOptions {
  readonly bucket: string;
  /** Names of objects begin with this and a slash; default none. */
  readonly prefix?: string;
  /** `https://host:port` of a server that speaks S3; default AWS. */
  readonly endpoint?: string;
  /** Default that of the environment or the profile, and `us-east-1` for an endpoint of one's own. */
  readonly region?: string;
  /** `endpoint/bucket/name` instead of `bucket.endpoint/name`. Default: when there is an endpoint. */
  readonly pathStyle?: boolean;
  /**
   * Default: what the AWS SDK finds in environment, profile files, web identity tokens, container or instance, in
   * this order, renewed by it.
   */
  readonly credentials?: S3Credentials;
  /** Certificates (PEM) that are trusted besides none of the system's; for an endpoint with a CA of its own. */
  readonly caPem?: string;
  /** Whether the server knows `If-None-Match` on puts. Default: it is tried, and given up when the server says no. */
  readonly conditionalPut?: boolean;
  /** The bucket has object lock. In mode `compliance` nobody can lift it, not even the owner of the account. */
  readonly objectLock?: 'governance' | 'compliance';
  /** Larger objects go up in parts of this size; at least 5 MiB, default 16 MiB. */
  readonly partSizeBytes?: number;
  /** Names asked for at once in a list; default as many as the server gives. */
  readonly listPageSize?: number;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const defaultPartSizeBytes = 16 << 20;
const minimumPartSizeBytes = 5 << 20;

/** Errors: STORAGE_LOCATION_INVALID. */
export function requireS3Options(options: S3StorageOptions): void {
  const refuse = (what: string) => {
    throw new HoldfastError('STORAGE_LOCATION_INVALID', what);
  };
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(options.bucket))
    refuse(`${JSON.stringify(options.bucket)} is not the name of a bucket`);
  if (options.endpoint !== undefined && !/^https?:\/\/[^/?#@]+\/?$/.test(options.endpoint))
    refuse('the endpoint is not a URL of scheme, host and port alone');
  if ((options.partSizeBytes ?? defaultPartSizeBytes) < minimumPartSizeBytes)
    refuse('parts of an upload have at least 5 MiB');
}

/** `s3://bucket/prefix` for messages. */
export function s3Location({ bucket, prefix }: S3StorageOptions): string {
  return `s3://${bucket}${prefix === undefined || prefix === '' ? '' : `/${prefix}`}`;
}
