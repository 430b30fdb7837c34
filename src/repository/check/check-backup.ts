import { parseHex, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import type { IndexedPack } from '../chunk-index/index.ts';
import { NeededContents } from '../needed/index.ts';
import { isUnreadable, type Repository } from '../open/index.ts';
import { packName, type PieceType } from '../pack/index.ts';
import type { BackupRecord, ResultFinding } from '../records/index.ts';
import { missingPack, type PackDamage, readPack } from './check-packs.ts';

export interface BackupCheckOptions {
  /** The share of its packs that are read in full, from 0 to 1; one at least when it is more than 0. */
  readonly share: number;
  /** Chooses them: the same seed chooses the same of the same packs. A whole number from 0 to 2³² − 1. */
  readonly seed: number;
}

export interface BackupCheck {
  readonly findings: readonly ResultFinding[];
  /** Packs that hold what the backup needs. */
  readonly packs: number;
  readonly packsRead: number;
}

/**
 * Checks one backup without fetching it: its recipe and layout are read, each content that it needs has a place in the
 * index, each pack is there with its size, and a share of them is read in full. Damage is a finding.
 * Errors: those of the store, INTERRUPTED.
 */
export async function checkBackup(
  repository: Repository,
  record: BackupRecord,
  options: BackupCheckOptions,
  ctx: OperationContext,
): Promise<BackupCheck> {
  const checked = await lookForAll(repository, record, options, ctx);
  if (checked.findings.length === 0) return checked;
  // A pruner may have moved what seems to be missing.
  await repository.reloadIndex(ctx.signal);
  return await lookForAll(repository, record, options, ctx);
}

async function lookForAll(
  repository: Repository,
  record: BackupRecord,
  { share, seed }: BackupCheckOptions,
  ctx: OperationContext,
): Promise<BackupCheck> {
  const needed = await neededBy(repository, record, ctx);
  if (needed instanceof Error)
    return { findings: [failure('recipe-damaged', needed.message)], packs: 0, packsRead: 0 };
  const { packs, missing } = await findPlaces(repository, needed, ctx);
  const findings = missing.map((key) =>
    failure('content-missing', `${key} is in no pack that the index names`),
  );
  const chosen = chooseShare(packs, share, seed);
  for (const [at, pack] of packs.entries()) {
    throwIfInterrupted(ctx.signal);
    const damage = await lookAt(repository, pack, chosen.has(at), ctx);
    const isHit = damage !== undefined && [...damage.lost].some((key) => needed.has(key));
    if (isHit) findings.push(failure('pack-damaged', `${packName(pack.digest)} ${damage.why}`));
  }
  return { findings, packs: packs.length, packsRead: chosen.size };
}

async function neededBy(
  repository: Repository,
  record: BackupRecord,
  { signal }: OperationContext,
): Promise<ReadonlySet<string> | Error> {
  try {
    return (await new NeededContents(repository).of(record, signal)).contents;
  } catch (error) {
    if (isUnreadable(error)) return error;
    throw error;
  }
}

/** The packs in which they lie, in order of their names; what has several places is looked for in the first. */
async function findPlaces(repository: Repository, needed: ReadonlySet<string>, { signal }: OperationContext) {
  const index = await repository.index(signal);
  const packs = new Map<string, IndexedPack>();
  const missing: string[] = [];
  for (const key of needed) {
    const [type, id] = key.split(' ') as [PieceType, string];
    const pack = index.find(type, parseHex(id))[0]?.pack;
    if (pack !== undefined) packs.set(packName(pack.digest), pack);
    // Not every chunk has a row table, and without it the rows are there all the same.
    else if (type !== 'rowTable') missing.push(key);
  }
  const sorted = [...packs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pack]) => pack);
  return { packs: sorted, missing };
}

async function lookAt(
  repository: Repository,
  pack: IndexedPack,
  isRead: boolean,
  ctx: OperationContext,
): Promise<PackDamage | undefined> {
  const stat = await repository.storage.stat(packName(pack.digest), { signal: ctx.signal });
  if (stat === undefined) return missingPack(pack);
  // One of another size is damaged; which of its contents are hit is found by reading it.
  if (isRead || stat.sizeBytes !== pack.sizeBytes) return await readPack(repository, pack, ctx);
  return undefined;
}

/** Places of the packs that are read: as many as the share says, rounded up. */
function chooseShare(packs: readonly unknown[], share: number, seed: number): ReadonlySet<number> {
  const count = Math.min(packs.length, Math.ceil(packs.length * share));
  const places = packs.map((_, at) => at);
  let state = seed >>> 0;
  for (let at = 0; at < count; at++) {
    // A step of the generator of Numerical Recipes; its upper bits decide.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = at + Math.floor((state / 2 ** 32) * (places.length - at));
    [places[at], places[other]] = [places[other]!, places[at]!];
  }
  return new Set(places.slice(0, count));
}

function failure(code: string, message: string): ResultFinding {
  return { code, severity: 'fail', message };
}
