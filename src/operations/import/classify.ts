/** Which files of what was named are which part of a backup. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileError, hasCode, HoldfastError } from '../../base/index.ts';
import { parseGardenerName } from '../../formats/delta-snapshot/index.ts';
import type { ImportFormat } from '../import-choices/index.ts';
import { newestChain } from './gardener/index.ts';
import {
  bundlePattern,
  findSidecars,
  kopsDataName,
  kopsMetaName,
  looksLikeJson,
  type Sidecars,
} from './sidecars.ts';
import { openContent, type UnpackRun } from './unpack/index.ts';

export type ImportPlan =
  | { readonly kind: 'data-dir'; readonly dataDir: string }
  | { readonly kind: 'file'; readonly path: string; readonly sidecars: Sidecars }
  | { readonly kind: 'chain'; readonly full: string; readonly deltas: readonly string[] };

/**
 * Looks at what was named: at the layout of a directory, at the content of several files.
 *
 * Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, IMPORT_NOT_RECOGNISED, IMPORT_AMBIGUOUS, IMPORT_CHAIN_BROKEN (deltas
 * without a full), and those of `openContent`.
 */
export async function classify(paths: readonly [string, ...string[]], run: UnpackRun): Promise<ImportPlan> {
  const [path] = paths;
  if (paths.length === 1) {
    if (isDirectory(path)) return classifyDirectory(path, run);
    return { kind: 'file', path, sidecars: findSidecars(path) };
  }
  return classifyFiles(paths, run);
}

async function classifyFiles(paths: readonly string[], run: UnpackRun): Promise<ImportPlan> {
  const databases: string[] = [];
  const deltas: { readonly path: string; readonly firstRevision: bigint }[] = [];
  let given: Sidecars = {};
  for (const path of paths) {
    if (isDirectory(path))
      throw new HoldfastError('IMPORT_AMBIGUOUS', `${path} is a directory, named among other sources`, {
        hint: 'Name one directory, or files.',
        details: { path },
      });
    if (basename(path) === kopsMetaName) given = { ...given, kopsMeta: path };
    else if (bundlePattern.test(basename(path))) given = { ...given, bundle: path };
    else if (await looksLikeJson(path)) given = { ...given, k3sMetadata: path };
    else {
      const { kind, firstRevision } = await lookInto(path, run);
      if (kind === 'database') databases.push(path);
      else deltas.push({ path, firstRevision });
    }
  }
  const [database] = databases;
  if (databases.length > 1) throw severalBackups(paths.join(', '), databases);
  if (database === undefined)
    throw noDatabase(
      deltas.map(({ path }) => path),
      paths,
    );
  if (deltas.length === 0)
    return { kind: 'file', path: database, sidecars: { ...findSidecars(database), ...given } };
  return { kind: 'chain', full: database, deltas: inOrder(deltas) };
}

/** By their first event: names may have been lost. Of two that begin alike, the shorter one adds nothing new first. */
function inOrder(deltas: readonly { path: string; firstRevision: bigint }[]): readonly string[] {
  const lastOf = (path: string) => parseGardenerName(basename(path))?.lastRevision ?? 0n;
  const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  return [...deltas]
    .sort((a, b) => compare(a.firstRevision, b.firstRevision) || compare(lastOf(a.path), lastOf(b.path)))
    .map(({ path }) => path);
}

async function lookInto(
  path: string,
  run: UnpackRun,
): Promise<{ readonly kind: 'database' | 'delta'; readonly firstRevision: bigint }> {
  await using content = await openContent(path, run);
  const { kind, stream } = content;
  if (kind === 'database') return { kind, firstRevision: 0n };
  // Long keys come before the number: a key has at most a request's 1.5 MiB, and more in base64.
  const head = Buffer.from(await stream.peek(4 << 20)).toString('latin1');
  const first = /"mod_revision":(\d{1,19})/.exec(head)?.[1];
  if (first === undefined)
    throw new HoldfastError('IMPORT_DAMAGED', `${path}: its first event has no revision`, {
      details: { path },
    });
  return { kind, firstRevision: BigInt(first) };
}

async function classifyDirectory(directory: string, run: UnpackRun): Promise<ImportPlan> {
  const dataDir = dataDirAt(directory);
  if (dataDir !== undefined) return { kind: 'data-dir', dataDir };
  const names = fileNames(directory);
  if (names.includes(kopsDataName)) return fileIn(directory, kopsDataName);
  const chain = newestChain(directory);
  if (chain !== undefined) {
    for (const path of chain.others) run.notUsed({ path, why: 'it belongs to an earlier full snapshot' });
    return { kind: 'chain', full: chain.full, deltas: chain.deltas };
  }
  const snapshots = names.filter((name) => /^snapshot_.+\.db$/.test(name));
  if (snapshots.length === 1) return fileIn(directory, snapshots[0]!);
  if (snapshots.length > 1) throw severalBackups(directory, snapshots);
  return classifyOthers(directory, names, run);
}

/** A directory that nobody's tool laid out: it may hold one backup, and anything that is none. */
async function classifyOthers(
  directory: string,
  names: readonly string[],
  run: UnpackRun,
): Promise<ImportPlan> {
  if (names.length > 1000) throw notRecognised(directory);
  const found: string[] = [];
  for (const name of names) {
    try {
      if ((await lookInto(join(directory, name), run)).kind === 'database') found.push(name);
    } catch (error) {
      if (!hasCode(error, 'IMPORT_NOT_RECOGNISED')) throw error;
    }
  }
  if (found.length === 1) return fileIn(directory, found[0]!);
  throw found.length === 0 ? notRecognised(directory) : severalBackups(directory, found);
}

function fileIn(directory: string, name: string): ImportPlan {
  const path = join(directory, name);
  return { kind: 'file', path, sidecars: findSidecars(path) };
}

/** The data dir that this directory is, or that it is the inside of. */
function dataDirAt(directory: string): string | undefined {
  const holds = (dataDir: string) =>
    existsSync(join(dataDir, 'member', 'snap', 'db')) && existsSync(join(dataDir, 'member', 'wal'));
  if (holds(directory)) return directory;
  const parent = dirname(resolve(directory));
  return basename(resolve(directory)) === 'member' && holds(parent) ? parent : undefined;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw fileError(error, 'read', directory);
  }
}

function severalBackups(where: string, names: readonly string[]): HoldfastError {
  return new HoldfastError(
    'IMPORT_AMBIGUOUS',
    `${where}: there are ${names.length} backups: ${names.slice(0, 5).join(', ')}`,
    {
      details: { path: where, backups: names.slice(0, 100) },
    },
  );
}

function noDatabase(deltas: readonly string[], paths: readonly string[]): HoldfastError {
  if (deltas.length === 0)
    return new HoldfastError('IMPORT_NOT_RECOGNISED', `there is no database among ${paths.join(', ')}`);
  return new HoldfastError('IMPORT_CHAIN_BROKEN', `there is no full snapshot among ${paths.join(', ')}`, {
    hint: 'Name the full snapshot (Full-…) that the deltas follow, or the directory with all of them.',
  });
}

function notRecognised(directory: string): HoldfastError {
  return new HoldfastError('IMPORT_NOT_RECOGNISED', `${directory}: no layout of a backup that is known`, {
    details: { path: directory },
  });
}

/** Whose a single file is, by its surroundings and its name; what is in it was found out already. */
export function formatOfFile(path: string, sidecars: Sidecars, entryName: string | undefined): ImportFormat {
  const name = basename(path);
  if (sidecars.kopsMeta !== undefined || name === kopsDataName) return 'kops';
  if (sidecars.bundle !== undefined) return 'openshift';
  if (parseGardenerName(name) !== undefined) return 'gardener';
  if (sidecars.k3sMetadata !== undefined || entryName === name.replace(/\.zip$/, '')) return 'k3s';
  if (/^(etcd-snapshot|on-demand)-.+-\d{10}(\.zip)?$/.test(name)) return 'k3s';
  return /\.snap(\.zst)?(\.age)?$/.test(name) ? 'talos-backup' : 'snapshot';
}
