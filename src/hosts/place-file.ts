import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { fileError, HoldfastError, hasCode, throwIfInterrupted } from '../base/index.ts';
import { placeScript } from './place-script.ts';
import type { ProgramSession } from './ssh-session.ts';

export interface PlaceFileOptions {
  /** Permission bits of the file there. */
  readonly mode: number;
  /** The SHA-256 that the file must have, in hex; computed from the local file when undefined. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
  /** Bytes sent so far, and in all. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** A local file on its way to a host. */
interface Shipment {
  readonly host: string;
  readonly localPath: string;
  readonly remotePath: string;
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly options: PlaceFileOptions;
}

/** Starts a program on a host. */
export interface SessionOpener {
  readonly destination: string;
  open(argv: readonly string[], programName: string, signal?: AbortSignal): ProgramSession;
}

/** See `SshHost.placeFile`. */
export async function placeFile(
  host: SessionOpener,
  [localPath, remotePath]: readonly [localPath: string, remotePath: string],
  options: PlaceFileOptions,
): Promise<{ readonly placed: boolean }> {
  if (!/^\/.*[^/]$/s.test(remotePath)) {
    throw new HoldfastError('USAGE', `not the absolute path of a file: ${remotePath}`, {
      hint: 'Give the path on the host in full, with the name of the file.',
      details: { path: remotePath },
    });
  }
  await using handle = await openLocal(localPath);
  const { size } = await handle.stat();
  const sha256 = options.sha256?.toLowerCase() ?? (await digestFile(handle, localPath, options.signal));
  const argv = ['sh', '-c', placeScript, 'sh', remotePath, sha256, (options.mode & 0o7777).toString(8)];
  await using session = host.open(argv, `placing ${remotePath}`, options.signal);
  const shipment = {
    host: host.destination,
    localPath,
    remotePath,
    handle,
    sizeBytes: size,
    sha256,
    options,
  };
  try {
    return { placed: await converse(session, shipment) };
  } catch (error) {
    throw diskFull(error, shipment, session.stderr) ?? error;
  }
}

/** Answers the script that receives the file. True when it put the file there. */
async function converse(session: ProgramSession, shipment: Shipment): Promise<boolean> {
  let placed: boolean | undefined;
  for await (const line of session.lines) {
    if (line === 'present') placed = false;
    else if (line === 'placed') placed = true;
    else if (line === 'send') await sendFile(session, shipment);
    else if (line.startsWith('digest ')) throw corrupt(shipment, line.slice('digest '.length));
    // What the user's shell prints at the start of a session is none of ours.
  }
  if (placed !== undefined) return placed;
  const { host, remotePath } = shipment;
  throw new HoldfastError('HOST_COMMAND_FAILED', `${host}: placing ${remotePath} ended without a word`, {
    details: { host, path: remotePath },
  });
}

const chunkBytes = 256 << 10;

async function sendFile(session: ProgramSession, shipment: Shipment): Promise<void> {
  const { localPath, handle, sizeBytes, options } = shipment;
  let sent = 0;
  for await (const chunk of readChunks(handle, localPath)) {
    await session.write(chunk);
    sent += chunk.length;
    options.onProgress?.(sent, Math.max(sent, sizeBytes));
  }
  session.end();
}

async function digestFile(handle: FileHandle, path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(handle, path)) {
    if (signal !== undefined) throwIfInterrupted(signal);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** Every chunk is the receiver's. */
async function* readChunks(handle: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const chunk = new Uint8Array(chunkBytes);
    let bytesRead: number;
    try {
      ({ bytesRead } = await handle.read(chunk, 0, chunkBytes, position));
    } catch (error) {
      throw fileError(error, 'read', path);
    }
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

async function openLocal(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw fileError(error, 'open', path);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new HoldfastError('NOT_A_REGULAR_FILE', `open ${path}: is not a regular file`, {
    hint: 'Name a file.',
    details: { path },
  });
}

function corrupt({ host, remotePath, sha256 }: Shipment, actual: string): HoldfastError {
  const message = `${host}: ${remotePath} has arrived with SHA-256 ${actual}, not ${sha256}`;
  return new HoldfastError('TRANSFER_CORRUPT', message, {
    details: { host, path: remotePath, expected: sha256, actual },
  });
}

function diskFull(error: unknown, { host, remotePath }: Shipment, stderr: string): HoldfastError | undefined {
  if (!hasCode(error, 'HOST_COMMAND_FAILED') || !/No space left on device|quota exceeded/i.test(stderr)) {
    return undefined;
  }
  return new HoldfastError('DISK_FULL', `${host}: no space left on the device of ${remotePath}`, {
    hint: `Free space on ${host}; nothing was left behind.`,
    details: { host, path: remotePath },
    cause: error,
  });
}
