import { setTimeout as pause } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { s3ErrorName, s3Status } from './s3-failure.ts';

export interface S3Put {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly partSizeBytes: number;
  /** Whether the server is to refuse when there is such an object. */
  readonly conditional: boolean;
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly until: Date } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `unsupported`: the server does not know conditional puts, and nothing was put. */
export type S3PutOutcome = 'created' | 'exists' | 'unsupported';

const conflictAttempts = 8;
const conflictPauseMs = 50;

/** Puts an object in one request, or in parts when it is large. Rejects with what the SDK rejects with. */
export async function putS3Object(put: S3Put, content: readonly Uint8Array[]): Promise<S3PutOutcome> {
  const sizeBytes = content.reduce((sum, piece) => sum + piece.length, 0);
  const send = sizeBytes > put.partSizeBytes ? putInParts : putAtOnce;
  for (let attempt = 1; ; attempt++) {
    try {
      await send(put, content);
      return 'created';
    } catch (error) {
      const outcome = put.conditional ? conditionalOutcome(error) : undefined;
      if (outcome === undefined) throw error;
      if (outcome !== 'conflict') return outcome;
      // Another put of this name is under way: who was first is known in a moment.
      if (attempt === conflictAttempts) throw error;
      await pause(conflictPauseMs * attempt, undefined, { signal: put.signal });
    }
  }
}

function conditionalOutcome(error: unknown): 'exists' | 'unsupported' | 'conflict' | undefined {
  const name = s3ErrorName(error);
  const status = s3Status(error);
  if (name === 'PreconditionFailed' || status === 412) return 'exists';
  if (name === 'ConditionalRequestConflict' || status === 409) return 'conflict';
  if (name === 'NotImplemented' || status === 501) return 'unsupported';
  return undefined;
}

async function putAtOnce(put: S3Put, content: readonly Uint8Array[]): Promise<void> {
  const command = new PutObjectCommand({
    Bucket: put.bucket,
    Key: put.key,
    Body: Buffer.concat(content),
    ContentType: 'application/octet-stream',
    ...conditionOf(put),
    ...lockOf(put),
  });
  await put.client.send(command, abortOf(put));
}

async function putInParts(put: S3Put, content: readonly Uint8Array[]): Promise<void> {
  const target = { Bucket: put.bucket, Key: put.key };
  const create = new CreateMultipartUploadCommand({
    ...target,
    ContentType: 'application/octet-stream',
    ...lockOf(put),
  });
  const { UploadId } = await put.client.send(create, abortOf(put));
  const upload = { ...target, UploadId };
  try {
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (const part of partsOf(content, put.partSizeBytes)) {
      const PartNumber = Parts.length + 1;
      const send = new UploadPartCommand({ ...upload, PartNumber, Body: part });
      Parts.push({ ETag: (await put.client.send(send, abortOf(put))).ETag, PartNumber });
    }
    const complete = { ...upload, MultipartUpload: { Parts }, ...conditionOf(put) };
    await put.client.send(new CompleteMultipartUploadCommand(complete), abortOf(put));
  } catch (error) {
    // Else its parts are kept, and paid for. The first error is the one to tell.
    await put.client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Pieces joined into parts of one size; only one part is a copy in memory at a time. */
function* partsOf(content: readonly Uint8Array[], partSizeBytes: number): Generator<Uint8Array> {
  let part: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const piece of content) {
    for (let start = 0; start < piece.length; ) {
      const slice = piece.subarray(start, start + partSizeBytes - sizeBytes);
      part.push(slice);
      sizeBytes += slice.length;
      start += slice.length;
      if (sizeBytes < partSizeBytes) continue;
      yield Buffer.concat(part);
      part = [];
      sizeBytes = 0;
    }
  }
  if (sizeBytes > 0) yield Buffer.concat(part);
}

function conditionOf(put: S3Put): { IfNoneMatch?: '*' } {
  return put.conditional ? { IfNoneMatch: '*' } : {};
}

function lockOf({ lock }: S3Put) {
  if (lock === undefined) return {};
  // A digest is required with a lock.
  const ChecksumAlgorithm = 'SHA256' as const;
  return { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: lock.until, ChecksumAlgorithm };
}

function abortOf({ signal }: S3Put): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
