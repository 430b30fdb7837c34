/** Any known backup, as one verified snapshot. */
import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  createDurableFile,
  type DurableFile,
  errnoOf,
  fileError,
  HoldfastError,
  openFileSource,
  type OperationContext,
} from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import { readStoreRevision } from '../../formats/mvcc/index.ts';
import { openDataDirAt } from '../data-dir-files/index.ts';
import { defaultMaxUnpackedBytes, type ImportFormat } from '../import-choices/index.ts';
import { checkResult } from './check-result.ts';
import { classify, formatOfFile, type ImportPlan } from './classify.ts';
import { applyDeltas, RowFile } from './gardener/index.ts';
import type { ImportedFile, ImportOptions, ImportResult, UnusedItem } from './import-options.ts';
import { readFacts } from './sidecars.ts';
import { type TakenIn, takeIn, type WritePiece } from './take-in.ts';
import { listBundle, openContent, type UnpackRun } from './unpack/index.ts';
import { openWorkFiles } from './work-files.ts';
import { storePieces } from './write-store.ts';

/**
 * Recognises a backup by its content and layout, unpacks it as a stream, and writes it as a snapshot that appears under
 * its name only after every known check. A digest that comes with the backup must match; the result has one always.
 *
 * Full and delta snapshots of Gardener become the database at the last revision, a data dir the one with its log
 * applied. Memory does not grow with the size of the backup.
 *
 * Errors: IMPORT_NOT_RECOGNISED, IMPORT_AMBIGUOUS, IMPORT_DAMAGED, IMPORT_CHAIN_BROKEN, IMPORT_TOO_LARGE,
 * IMPORT_KEY_WRONG, DIGEST_MISMATCH, VERIFY_FAILED, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID, those of
 * `openDataDirAt`, FILE_EXISTS, FILE_NOT_FOUND, FILE_NOT_READABLE, DISK_FULL, WRITE_FAILED, SAVE_SUPERSEDED, INTERRUPTED.
 */
export async function importBackup(options: ImportOptions, ctx: OperationContext): Promise<ImportResult> {
  await checkTarget(options);
  await using work = await openWorkFiles(options.out);
  const notUsed: UnusedItem[] = [];
  const run: UnpackRun = {
    ctx,
    secrets: {
      identities: options.secrets?.identities ?? (() => Promise.resolve([])),
      passphrase: options.secrets?.passphrase ?? (() => Promise.resolve(undefined)),
    },
    maxUnpackedBytes: options.maxUnpackedBytes ?? defaultMaxUnpackedBytes,
    temporaryPath: () => work.newPath(),
    notUsed: (item) => {
      if (!notUsed.some(({ path }) => path === item.path)) notUsed.push(item);
    },
  };
  const plan = await classify(options.paths, run);
  await using file = await createDurableFile(options.out, {
    temporaryPath: `${options.out}.part`,
    replace: options.force ?? false,
  });
  const taken = await takePlan(plan, options.format, (piece) => file.write([piece]), run);
  requireFormat(options, taken.format);
  return await finish(options, file, taken, notUsed, ctx);
}

/** What was written, before it has been looked at as a database. */
interface Taken extends Pick<ImportResult, 'format' | 'files' | 'facts' | 'chain' | 'log' | 'bundle'> {
  readonly written: TakenIn;
  readonly warnings: readonly string[];
}

async function finish(
  { out, paths }: ImportOptions,
  file: DurableFile,
  { written, warnings, ...taken }: Taken,
  notUsed: readonly UnusedItem[],
  ctx: OperationContext,
): Promise<ImportResult> {
  const checked = await file.readBack((path) => checkResult(path, paths[0], ctx));
  await file.commit();
  const cameWithout = taken.files.some(({ content }) => content === 'database') || taken.files.length === 0;
  return {
    ...taken,
    ...checked,
    out,
    digest: cameWithout ? 'none' : 'verified',
    sizeBytes: written.sizeBytes,
    fileSha256: written.fileSha256,
    notUsed,
    warnings: [...warnings, ...checked.warnings],
  };
}

async function takePlan(
  plan: ImportPlan,
  asked: ImportFormat | undefined,
  write: WritePiece,
  run: UnpackRun,
): Promise<Taken> {
  switch (plan.kind) {
    case 'file':
      return takeFile(plan, asked, write, run);
    case 'chain':
      return takeChain(plan, write, run);
    case 'data-dir':
      return takeDataDir(plan.dataDir, write, run);
  }
}

async function takeFile(
  { path, sidecars }: Extract<ImportPlan, { kind: 'file' }>,
  asked: ImportFormat | undefined,
  write: WritePiece,
  run: UnpackRun,
): Promise<Taken> {
  const { facts, warnings } = await readFacts(sidecars, basename(path));
  const bundle =
    sidecars.bundle === undefined
      ? undefined
      : { path: sidecars.bundle, files: await listBundle(sidecars.bundle, run) };
  await using content = await openContent(path, run);
  if (content.kind === 'delta')
    throw new HoldfastError(
      'IMPORT_CHAIN_BROKEN',
      `${path} holds changes since a full snapshot, and no database`,
      {
        hint: 'Name the full snapshot (Full-…) that it follows as well, or the directory with all of them.',
        details: { path },
      },
    );
  const written = await takeIn(content.stream, write, path);
  const file = await content.describe(written.content);
  const found = formatOfFile(path, sidecars, content.entryName);
  const plain = found === 'snapshot' && written.content === 'database' ? 'database' : found;
  const format = asked === undefined || structured.has(asked) ? plain : asked;
  return { format, files: [file], facts, chain: undefined, log: undefined, bundle, written, warnings };
}

/** Formats that are a layout of several files; the others are one file each, and only names tell them apart. */
const structured: ReadonlySet<ImportFormat> = new Set(['data-dir', 'gardener']);

function requireFormat({ format, paths }: ImportOptions, found: ImportFormat): void {
  if (format === undefined || format === found) return;
  throw new HoldfastError('IMPORT_NOT_RECOGNISED', `${paths[0]} is ${found}, not ${format}`, {
    hint: 'Leave --format out to have it found out.',
    details: { format, found },
  });
}

async function takeChain(
  { full, deltas }: Extract<ImportPlan, { kind: 'chain' }>,
  write: WritePiece,
  run: UnpackRun,
): Promise<Taken> {
  const nothing = { facts: {}, log: undefined, bundle: undefined, warnings: [] };
  await using content = await openContent(full, run);
  if (content.kind === 'delta')
    throw new HoldfastError('IMPORT_DAMAGED', `${full} is named as a full snapshot and holds changes`);
  if (deltas.length === 0) {
    const written = await takeIn(content.stream, write, full);
    const file = await content.describe(written.content);
    return { ...nothing, format: 'gardener', files: [file], chain: undefined, written };
  }
  const base = await run.temporaryPath();
  const file = await spillDatabase(content, base, full);
  using source = openFileSource(base);
  const database = openDatabase(source);
  using rows = new RowFile(await run.temporaryPath());
  const { current } = readStoreRevision(database);
  const applied = await applyDeltas(deltas, current, rows, run);
  const pieces = storePieces(database, database.pageSize, rows, run.ctx);
  const written = await takeIn(pieces, write, full);
  return { ...nothing, format: 'gardener', files: [file, ...applied.files], chain: applied.chain, written };
}

async function spillDatabase(
  content: Awaited<ReturnType<typeof openContent>>,
  path: string,
  name: string,
): Promise<ImportedFile> {
  await using spilled = await createDurableFile(path, { temporaryPath: `${path}.part` });
  const written = await takeIn(content.stream, (piece) => spilled.write([piece]), name);
  await spilled.commit();
  return await content.describe(written.content);
}

async function takeDataDir(dataDir: string, write: WritePiece, run: UnpackRun): Promise<Taken> {
  using opened = openDataDirAt({ dataDir });
  const { log, store, database, clusterId, nodeId } = opened;
  const written = await takeIn(storePieces(store, database.pageSize, undefined, run.ctx), write, dataDir);
  const warnings = [
    ...(log.tornTail === undefined ? [] : [`the log ends within a write: ${log.tornTail}`]),
    ...log.damagedSnaps.map((what) => `passed over a damaged file: ${what}`),
    ...log.lostPasswords.map(
      (user) => `user ${user} has no password: the log does not hold what etcd stores for it`,
    ),
  ];
  return {
    format: 'data-dir',
    files: [],
    facts: {},
    chain: undefined,
    bundle: undefined,
    written,
    warnings,
    log: {
      clusterId,
      memberId: nodeId,
      appliedEntries: log.appliedCount,
      appliedIndex: log.appliedIndex,
      uncommittedEntries: log.uncommittedCount,
    },
  };
}

/** Before anything is read. Errors: FILE_EXISTS, NOT_A_REGULAR_FILE, FILE_NOT_FOUND. */
async function checkTarget({ out, force = false }: ImportOptions): Promise<void> {
  const directory = dirname(out);
  await lstat(directory).catch((error: unknown) => {
    throw fileError(error, 'open', directory);
  });
  try {
    const found = await lstat(out);
    if (found.isDirectory())
      throw new HoldfastError('NOT_A_REGULAR_FILE', `${out} is a directory`, {
        hint: 'Give the name of the file to write as the last argument.',
        details: { path: out },
      });
    if (!force) throw new HoldfastError('FILE_EXISTS', `${out} exists already`, { details: { path: out } });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'stat', out);
  }
}
