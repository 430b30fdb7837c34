import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../../base/index.ts';
import { objectMissing, requireWanted, requireWithinLimit } from '../failures.ts';
import { requireObjectName, requirePrefix } from '../object-name.ts';
import type { GetOptions, ObjectStat, PutOptions, RequestOptions, Storage } from '../storage.ts';
import { createS3Client } from './s3-client.ts';
import { type S3Request, s3ErrorName, s3Failure, s3Status } from './s3-failure.ts';
import { defaultPartSizeBytes, requireS3Options, s3Location, type S3StorageOptions } from './s3-options.ts';
import { putS3Object } from './s3-put.ts';

/**
 * Objects in a bucket of S3, or of a server that speaks it. Nothing is asked of the server before the first request.
 * Requests are tried once: put a retrying store around it.
 *
 * Errors of opening: STORAGE_LOCATION_INVALID.
 */
export function openS3Storage(options: S3StorageOptions): Storage {
  requireS3Options(options);
  return new S3Storage(options);
}

class S3Storage implements Storage {
  readonly location: string;
  readonly #options: S3StorageOptions;
  readonly #client: S3Client;
  readonly #prefix: string;
  #conditional: boolean;

  constructor(options: S3StorageOptions) {
    this.#options = options;
    this.location = s3Location(options);
    this.#client = createS3Client(options);
    this.#prefix = options.prefix === undefined || options.prefix === '' ? '' : `${options.prefix}/`;
    requirePrefix(this.#prefix);
    this.#conditional = options.conditionalPut ?? true;
  }

  get capabilities() {
    return {
      atomicPutIfAbsent: this.#conditional,
      consistentList: true,
      objectLock: this.#options.objectLock !== undefined,
    };
  }

  async putIfAbsent(
    name: string,
    content: readonly Uint8Array[],
    options?: PutOptions,
  ): Promise<'created' | 'exists'> {
    const until = this.#lockUntil(options);
    return this.#request('put', name, options, async () => {
      const put = (conditional: boolean) =>
        putS3Object(
          {
            ...{ client: this.#client, bucket: this.#options.bucket, key: this.#prefix + name },
            partSizeBytes: this.#options.partSizeBytes ?? defaultPartSizeBytes,
            ...{ conditional, lock: until, signal: options?.signal },
          },
          content,
        );
      const isLarge = content.reduce((sum, piece) => sum + piece.length, 0) > defaultPartSizeBytes;
      // Before a large object has gone up for nothing.
      if (isLarge && (await this.stat(name, options)) !== undefined) return 'exists';
      const outcome = this.#conditional ? await put(true) : 'unsupported';
      if (outcome === 'created') return outcome;
      if (outcome === 'unsupported') this.#conditional = false;
      // Where versions are kept, versitygw 1.8 takes the mark that a delete leaves for an object.
      if ((await this.stat(name, options)) !== undefined) return 'exists';
      await put(false);
      return 'created';
    });
  }

  #lockUntil(options: PutOptions | undefined) {
    if (options?.retainUntilMs === undefined) return undefined;
    const { objectLock } = this.#options;
    if (objectLock === undefined)
      throw new HoldfastError('STORAGE_FAILED', `${this.location} was opened without object lock`);
    const mode = objectLock === 'compliance' ? ('COMPLIANCE' as const) : ('GOVERNANCE' as const);
    return { mode, until: new Date(options.retainUntilMs) };
  }

  async get(name: string, options?: GetOptions): Promise<Uint8Array> {
    return this.#request('get', name, options, async (abort) => {
      // There is no way to ask for no bytes.
      if (options?.lengthBytes === 0) return this.#emptyPart(name, options);
      const command = new GetObjectCommand({ ...this.#target(name), ...rangeOf(options) });
      try {
        const { Body, ContentLength } = await this.#client.send(command, abort);
        return await this.#collect(name, Body as AsyncIterable<Uint8Array>, ContentLength, options);
      } catch (error) {
        // The range begins behind the end.
        if (s3Status(error) === 416 || s3ErrorName(error) === 'InvalidRange') return new Uint8Array(0);
        throw error;
      }
    });
  }

  async #emptyPart(name: string, options: GetOptions): Promise<Uint8Array> {
    if ((await this.stat(name, options)) === undefined) throw objectMissing(this.location, name);
    return new Uint8Array(0);
  }

  /** Takes in as many bytes as were announced, and no more than are allowed. */
  async #collect(
    name: string,
    body: AsyncIterable<Uint8Array>,
    announced: number | undefined,
    options: GetOptions | undefined,
  ): Promise<Uint8Array> {
    if (announced !== undefined) requireWithinLimit(this.location, name, announced, options);
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const piece of body) {
      sizeBytes += piece.length;
      requireWithinLimit(this.location, name, sizeBytes, options);
      pieces.push(piece);
    }
    if (announced !== undefined && sizeBytes !== announced)
      throw new HoldfastError(
        'STORAGE_UNREACHABLE',
        `get ${name} at ${this.location}: ${sizeBytes} bytes came, ${announced} were announced`,
      );
    return Uint8Array.from(Buffer.concat(pieces, sizeBytes));
  }

  async stat(name: string, options?: RequestOptions): Promise<ObjectStat | undefined> {
    return this.#request('stat', name, options, async (abort) => {
      try {
        const found = await this.#client.send(new HeadObjectCommand(this.#target(name)), abort);
        return statOf(name, found.ContentLength, found.LastModified);
      } catch (error) {
        if (s3Status(error) === 404) return undefined;
        throw error;
      }
    });
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectStat> {
    requirePrefix(prefix);
    const { bucket: Bucket, listPageSize: MaxKeys } = this.#options;
    const request = this.#requestOf('list', undefined, options);
    let ContinuationToken: string | undefined;
    do {
      requireWanted(options);
      const input = { Bucket, Prefix: this.#prefix + prefix, MaxKeys, ContinuationToken };
      const page = await this.#client
        .send(new ListObjectsV2Command(input), abortOf(options))
        .catch((error: unknown) => Promise.reject(s3Failure(error, request)));
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const name = Key?.slice(this.#prefix.length) ?? '';
        if (isObjectName(name)) yield statOf(name, Size, LastModified);
      }
      ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  async delete(name: string, options?: RequestOptions): Promise<void> {
    await this.#request('delete', name, options, async (abort) => {
      if (this.#options.objectLock !== undefined) await this.#requireUnlocked(name, abort);
      try {
        await this.#client.send(new DeleteObjectCommand(this.#target(name)), abort);
      } catch (error) {
        if (s3Status(error) !== 404) throw error;
      }
    });
  }

  /** A delete in such a bucket only hides the object; that is worth saying. */
  async #requireUnlocked(name: string, abort: { abortSignal?: AbortSignal }): Promise<void> {
    try {
      const found = await this.#client.send(new HeadObjectCommand(this.#target(name)), abort);
      const until = found.ObjectLockRetainUntilDate;
      if (until === undefined || until.getTime() <= Date.now()) return;
      throw new HoldfastError(
        'STORAGE_OBJECT_LOCKED',
        `${this.location}: ${name} is kept until ${until.toISOString()}`,
      );
    } catch (error) {
      if (s3Status(error) !== 404) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  #target(name: string) {
    return { Bucket: this.#options.bucket, Key: this.#prefix + name };
  }

  #requestOf(action: string, name: string | undefined, options: RequestOptions | undefined): S3Request {
    return {
      action,
      location: this.location,
      ...(name === undefined ? {} : { name }),
      signal: options?.signal,
    };
  }

  /** Checks the name, does the work, and says failures in our words. */
  async #request<T>(
    action: string,
    name: string,
    options: RequestOptions | undefined,
    work: (abort: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    requireWanted(options);
    requireObjectName(name);
    try {
      return await work(abortOf(options));
    } catch (error) {
      throw s3Failure(error, this.#requestOf(action, name, options));
    }
  }
}

function abortOf(options: RequestOptions | undefined): { abortSignal?: AbortSignal } {
  return options?.signal === undefined ? {} : { abortSignal: options.signal };
}

function rangeOf(options: GetOptions | undefined): { Range?: string } {
  const offset = options?.offset ?? 0;
  if (offset === 0 && options?.lengthBytes === undefined) return {};
  const last = options?.lengthBytes === undefined ? '' : offset + options.lengthBytes - 1;
  return { Range: `bytes=${offset}-${last}` };
}

function statOf(name: string, sizeBytes: number | undefined, modified: Date | undefined): ObjectStat {
  return { name, sizeBytes: sizeBytes ?? 0, modifiedMs: modified?.getTime() ?? 0 };
}

/** Others may keep things in the bucket as well. */
function isObjectName(name: string): boolean {
  try {
    requireObjectName(name);
    return true;
  } catch {
    return false;
  }
}
