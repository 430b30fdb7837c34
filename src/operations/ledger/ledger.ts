/**
 * The ledger: the highest revision that a cluster is known to have had, kept beside its data dir, so that it survives
 * the data. Saves and recoveries write it.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  createDurableFile,
  hasCode,
  HoldfastError,
  isBeingPlaced,
  type OperationContext,
  removeAbandonedFiles,
  utf8,
} from '../../base/index.ts';
import type { LocalHost } from '../../hosts/index.ts';

export interface Ledger {
  readonly formatVersion: 1;
  /** Never goes down. */
  readonly highWater: bigint;
  /** The newest at the end. */
  readonly entries: readonly LedgerEntry[];
}

export interface LedgerEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly revision: bigint;
  readonly source: 'save' | 'recover';
  readonly recoveryId?: string;
  /** The backup that it was recovered from, `repo:<id>`. */
  readonly backup?: string;
  /** Of the cluster that had this revision, lower-case hex: a recovery gives a cluster new ids. */
  readonly clusterId?: string;
  readonly memberIds?: readonly string[];
}

const keptEntries = 50;
const maxBytes = 1 << 20;

/** `/var/lib/etcd` has its ledger at `/var/lib/etcd.holdfast-ledger.json`. */
export function ledgerPath(dataDir: string): string {
  return `${dataDir.replace(/\/+$/, '')}.holdfast-ledger.json`;
}

/** Undefined when there is none. Errors: LEDGER_DAMAGED, FILE_NOT_READABLE. */
export async function readLedger(machine: LocalHost, dataDir: string): Promise<Ledger | undefined> {
  const path = ledgerPath(dataDir);
  const text = await machine.readText(path, maxBytes);
  if (text === undefined) return undefined;
  try {
    return parseLedger(JSON.parse(text));
  } catch (error) {
    throw new HoldfastError('LEDGER_DAMAGED', `${path}: not a ledger of revisions`, {
      details: { path },
      cause: error,
    });
  }
}

/** A save and a recovery may write at the same time; nobody writes more often. */
const maxAttempts = 20;

/**
 * Adds an entry. A damaged ledger is not overwritten. Of several that write at the same time each adds its own.
 * Errors: LEDGER_DAMAGED, WRITE_FAILED, DISK_FULL, SAVE_SUPERSEDED (the others do not come to an end).
 */
export async function noteRevision(
  machine: LocalHost,
  dataDir: string,
  entry: Omit<LedgerEntry, 'at'>,
  ctx: OperationContext,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const startedMs = ctx.clock.monotonicMs();
    try {
      await addEntry(machine, dataDir, entry, ctx);
      return;
    } catch (error) {
      if (!hasCode(error, 'SAVE_SUPERSEDED') || attempt === maxAttempts) throw error;
    }
    // By chance one of them gets the time that it takes.
    await pause(Math.random() * attempt * (ctx.clock.monotonicMs() - startedMs));
  }
}

async function addEntry(
  machine: LocalHost,
  dataDir: string,
  entry: Omit<LedgerEntry, 'at'>,
  ctx: OperationContext,
): Promise<void> {
  const path = await machine.realPath(ledgerPath(dataDir));
  // The file comes before the look: whoever begins later takes it away, and this run reads what that one has written.
  await using file = await createDurableFile(path, { temporaryPath: unfinished(path), replace: true });
  for (let looks = 0; looks < 200 && (await isBeingPlaced(unfinished(path))); looks++) await pause(5);
  const before = await readLedger(machine, dataDir);
  const entries = [...(before?.entries ?? []), { at: new Date(ctx.clock.now()).toISOString(), ...entry }];
  const highWater =
    before === undefined || entry.revision > before.highWater ? entry.revision : before.highWater;
  const ledger = { formatVersion: 1, highWater, entries: entries.slice(-keptEntries) };
  await file.write([utf8(`${formatLedger(ledger)}\n`)]);
  await file.commit();
}

/** Takes away what a writer that was killed left beside the ledger; the ledger itself stays. */
export async function removeUnfinishedLedger(machine: LocalHost, dataDir: string): Promise<void> {
  const path = unfinished(await machine.realPath(ledgerPath(dataDir)));
  await removeAbandonedFiles(path);
  await rm(path, { force: true });
}

function unfinished(path: string): string {
  return `${path}.part`;
}

/** Revisions are decimal strings: they may pass 2^53. */
function formatLedger(ledger: object): string {
  return JSON.stringify(ledger, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part), 2);
}

function parseLedger(document: unknown): Ledger {
  const { formatVersion, highWater, entries } = document as {
    formatVersion: number;
    highWater: string;
    entries: (Omit<LedgerEntry, 'revision'> & { revision: string })[];
  };
  if (formatVersion !== 1) throw new RangeError(`format version ${formatVersion}`);
  return {
    formatVersion,
    highWater: BigInt(highWater),
    entries: entries.map((entry) => ({ ...entry, revision: BigInt(entry.revision) })),
  };
}
