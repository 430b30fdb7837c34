import { createDurableFile, type OperationContext } from '../../base/index.ts';
import { firstOf } from './list-keys.ts';
import { type KeySelection, type KeysOptions, openKeys, rangeOf } from './open-keys.ts';

export interface ExportKeysOptions extends KeysOptions {
  readonly selection: KeySelection;
  /** A key and its value as the bytes of a line, line feed included. */
  readonly format: (key: ExportedKey) => Uint8Array;
  /** A file, or what takes the bytes in order. */
  readonly target: string | ((bytes: Uint8Array) => Promise<void>);
  /** Whether a file that is there already may be replaced; default false. */
  readonly replace?: boolean;
}

/** Views that are valid until the next key is asked for. */
export interface ExportedKey {
  readonly key: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  readonly lease: bigint;
  readonly value: Uint8Array;
}

export interface ExportResult {
  readonly source: string;
  readonly revision: bigint;
  readonly keys: number;
  readonly sizeBytes: number;
}

/** Gathered before it is written. */
const pieceBytes = 256 * 1024;

/**
 * Writes keys with their values, a line each. A file appears whole or not at all, readable by its owner only. Memory
 * does not grow with what is written.
 *
 * Errors: those of opening the source; FILE_EXISTS, FILE_NOT_FOUND (no such directory), WRITE_FAILED, DISK_FULL.
 */
export async function exportKeys(options: ExportKeysOptions, ctx: OperationContext): Promise<ExportResult> {
  const { target, replace = false } = options;
  if (typeof target !== 'string') return await writeKeys(options, target, ctx);
  await using file = await createDurableFile(target, { temporaryPath: `${target}.part`, replace });
  const result = await writeKeys(options, (bytes) => file.write([bytes]), ctx);
  await file.commit();
  return result;
}

async function writeKeys(
  options: ExportKeysOptions,
  write: (bytes: Uint8Array) => Promise<void>,
  ctx: OperationContext,
): Promise<ExportResult> {
  await using source = await openKeys(options, ctx);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let keys = 0;
  let sizeBytes = 0;
  const flush = async () => {
    const bytes = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (bytes.length > 0) await write(bytes);
  };
  for await (const { key, value, lease } of firstOf(source.entries(rangeOf(options.selection)), 0n, ctx)) {
    const { createRevision, modRevision, version } = key;
    const line = options.format({ key: key.key, createRevision, modRevision, version, lease, value });
    pending.push(line);
    pendingBytes += line.length;
    sizeBytes += line.length;
    keys++;
    if (pendingBytes >= pieceBytes) await flush();
  }
  await flush();
  return { source: source.description, revision: source.revision, keys, sizeBytes };
}
