import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3StorageOptions } from './s3-options.ts';

const connectTimeoutMs = 10_000;
/** Without a byte from the server; a slow upload is not hit by it. */
const idleTimeoutMs = 60_000;
const maxSockets = 32;

/**
 * A client that tries each request once. Who retries has to know that a conditional put may have happened although
 * its answer was lost; the SDK does not.
 */
export function createS3Client(options: S3StorageOptions): S3Client {
  const { endpoint, credentials, caPem } = options;
  const ownRegion = endpoint === undefined ? undefined : 'us-east-1';
  const region = options.region ?? ownRegion;
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    maxAttempts: 1,
    // Every object carries its own digest or tag; servers other than AWS's stumble over the SDK's.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      socketTimeout: idleTimeoutMs,
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
      httpsAgent: new HttpsAgent({
        keepAlive: true,
        maxSockets,
        ...(caPem === undefined ? {} : { ca: caPem }),
      }),
    },
  });
}
