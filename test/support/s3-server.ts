import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Versitygw } from '../peers/index.ts';
import type { S3StorageOptions } from '../../src/storage/index.ts';
import { freePort } from './free-ports.ts';
import { startProcess, type StartedProcess } from './started-process.ts';
import { eventually } from './waiting.ts';

/** A running S3 server over a directory of its own. Disposing stops it. */
export interface S3Server extends AsyncDisposable {
  readonly process: StartedProcess;
  /** What a store needs to reach it, but the bucket. */
  readonly access: Required<Pick<S3StorageOptions, 'endpoint' | 'region' | 'credentials'>>;
  createBucket(name: string, options?: { readonly objectLock?: boolean }): Promise<void>;
}

const portAttempts = 5;

/** Starts the gateway and resolves when it answers. */
export async function startS3Server(program: Versitygw, directory: string): Promise<S3Server> {
  await Promise.all(['data', 'versions'].map((name) => mkdir(join(directory, name), { recursive: true })));
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnPort(program, directory, await freePort());
    } catch (error) {
      // Somebody else took the port in between.
      if (attempt === portAttempts) throw error;
    }
  }
}

async function startOnPort(program: Versitygw, directory: string, port: number): Promise<S3Server> {
  const credentials = { accessKeyId: 'holdfast', secretAccessKey: 'holdfast-secret' };
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startProcess(
    program.path,
    [
      ...['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', '--health', '/health'],
      ...['posix', '--versioning-dir', join(directory, 'versions'), join(directory, 'data')],
    ],
    {
      logFile: join(directory, 'server.log'),
      env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    },
  );
  try {
    await eventually(60_000, 'the S3 server answers', async () => {
      if (server.ended !== undefined) return true;
      const { ok } = await fetch(`${endpoint}/health`);
      return ok ? true : undefined;
    });
    if (server.ended !== undefined) throw new Error(`the S3 server ended: ${server.ended}`);
  } catch (error) {
    await server.kill();
    throw error;
  }
  const access = { endpoint, region: 'us-east-1', credentials };
  return {
    process: server,
    access,
    async createBucket(name, options) {
      const client = new S3Client({ ...access, forcePathStyle: true });
      const ObjectLockEnabledForBucket = options?.objectLock ?? false;
      await client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket }));
      client.destroy();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
