/**
 * The journal of a recovery on one host: a line for each step before it is taken and after it is done, flushed before
 * anything else happens. Whoever reads it after a crash knows which step may be half done; steps are written so that
 * taking them again, or undoing them, works from any point.
 */
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  createDurableFile,
  fileError,
  hasCode,
  HoldfastError,
  isHoldfastError,
  makeDirectories,
  type OperationContext,
  removeAbandonedFiles,
  syncDirectory,
  utf8,
} from '../../../base/index.ts';
import type { HostPlan, RecoveryPlan } from '../plan/index.ts';
import { formatExact, parseExact } from './exact-values.ts';
import type { JournalEntry, RecoveryOutcome, StepState } from './journal-entry.ts';

export interface Journal extends AsyncDisposable {
  readonly plan: RecoveryPlan;
  readonly host: HostPlan;
  /** Why the recovery goes back; undefined while it goes forward. */
  readonly turnedBack: string | undefined;
  stateOf(step: string): StepState | undefined;
  /** A fact that an earlier step wrote down. */
  fact(name: string): unknown;
  recordStep(step: string, state: StepState): Promise<void>;
  recordFact(name: string, value: unknown): Promise<void>;
  turnBack(reason: string): Promise<void>;
  /** Writes the last line and moves the journal away; nothing is pending after that. */
  close(outcome: RecoveryOutcome, closedPath: string): Promise<void>;
}

type EntryBody = JournalEntry extends infer E ? (E extends unknown ? Omit<E, 'atMs'> : never) : never;

/** Creates the journal of a recovery that begins. Errors: FILE_EXISTS (one is pending), WRITE_FAILED, DISK_FULL. */
export async function createJournal(
  path: string,
  plan: RecoveryPlan,
  hostIndex: number,
  ctx: OperationContext,
): Promise<Journal> {
  await makeDirectories(dirname(path));
  const first: JournalEntry = { atMs: ctx.clock.now(), type: 'plan', formatVersion: 1, plan, hostIndex };
  {
    await using file = await createDurableFile(path, { temporaryPath: `${path}.part` });
    await file.write([utf8(`${formatExact(first)}\n`)]);
    await file.commit();
  }
  return await openJournal(path, ctx);
}

/** Errors: FILE_NOT_FOUND, JOURNAL_DAMAGED, FILE_NOT_READABLE. */
export async function openJournal(path: string, ctx: OperationContext): Promise<Journal> {
  const { entries, wholeBytes } = await readEntries(path);
  const first = firstOf(entries, path);
  const handle = await open(path, 'r+').catch((error: unknown) => {
    throw fileError(error, 'open for writing', path);
  });
  await handle.truncate(wholeBytes);
  let offset = wholeBytes;
  const append = async (body: EntryBody) => {
    const entry = { atMs: ctx.clock.now(), ...body } as JournalEntry;
    const line = utf8(`${formatExact(entry)}\n`);
    try {
      await writeWhole(handle, line, offset);
      await handle.datasync();
    } catch (error) {
      throw fileError(error, 'write', path);
    }
    offset += line.length;
    entries.push(entry);
  };
  const host = first.plan.hosts[first.hostIndex]!;
  return {
    plan: first.plan,
    host,
    get turnedBack() {
      return lastOf(entries, 'turned-back')?.reason;
    },
    stateOf: (step) => lastOf(entries, 'step', (entry) => entry.step === step)?.state,
    fact: (name) => lastOf(entries, 'fact', (entry) => entry.name === name)?.value,
    async recordStep(step, state) {
      await append({ type: 'step', step, state });
      ctx.events({ type: 'step', host: host.host, step, state });
    },
    recordFact: (name, value) => append({ type: 'fact', name, value }),
    turnBack: (reason) => append({ type: 'turned-back', reason }),
    async close(outcome, closedPath) {
      await append({ type: 'end', outcome });
      // What a process that was killed while it began has left.
      await removeAbandonedFiles(`${path}.part`);
      await makeDirectories(dirname(closedPath));
      await rename(path, closedPath).catch((error: unknown) => {
        throw fileError(error, 'move', path);
      });
      // First where it is now: one that is in neither place after a power cut would seem never to have begun.
      await syncDirectory(dirname(closedPath));
      await syncDirectory(dirname(path));
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/**
 * What a journal says that another process may be writing at this moment: it is only read, to its last whole line.
 * Errors: FILE_NOT_FOUND, JOURNAL_DAMAGED, FILE_NOT_READABLE.
 */
export async function readJournal(path: string): Promise<Pick<Journal, 'plan' | 'turnedBack'>> {
  const { entries } = await readEntries(path);
  const { plan } = firstOf(entries, path);
  return { plan, turnedBack: lastOf(entries, 'turned-back')?.reason };
}

/** How a closed journal ended; undefined when there is none at this path. Errors: JOURNAL_DAMAGED, FILE_NOT_READABLE. */
export async function readOutcome(path: string): Promise<RecoveryOutcome | undefined> {
  try {
    const { entries } = await readEntries(path);
    return lastOf(entries, 'end')?.outcome;
  } catch (error) {
    if (hasCode(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  }
}

function firstOf(entries: readonly JournalEntry[], path: string): Extract<JournalEntry, { type: 'plan' }> {
  const [first] = entries;
  if (first?.type !== 'plan') throw damaged(path, 'it does not begin with a plan');
  // A version that this program does not know may mean anything by its steps.
  if ((first.formatVersion as number) !== 1) {
    throw damaged(
      path,
      `format version ${String(first.formatVersion)} is not known to this version of holdfast`,
    );
  }
  const isWhole = isObject(first.plan) && isObject(first.plan.snapshot) && Array.isArray(first.plan.hosts);
  if (!isWhole || !isObject(first.plan.hosts[first.hostIndex])) throw damaged(path, 'its plan is not whole');
  return first;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function lastOf<T extends JournalEntry['type']>(
  entries: readonly JournalEntry[],
  type: T,
  matches: (entry: Extract<JournalEntry, { type: T }>) => boolean = () => true,
): Extract<JournalEntry, { type: T }> | undefined {
  return entries.findLast(
    (entry): entry is Extract<JournalEntry, { type: T }> =>
      entry.type === type && matches(entry as Extract<JournalEntry, { type: T }>),
  );
}

/** All whole lines. A line that a crash cut off ends without a line feed: what it announces was never begun. */
async function readEntries(path: string): Promise<{ entries: JournalEntry[]; wholeBytes: number }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(error, 'open', path);
  });
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').slice(0, -1);
  try {
    const entries = lines.map((line) => parseExact(line));
    if (!entries.every(isObject)) throw damaged(path, 'a line of it is no entry');
    return { entries: entries as JournalEntry[], wholeBytes };
  } catch (error) {
    if (isHoldfastError(error)) throw error;
    throw damaged(path, 'a line of it is not JSON', error);
  }
}

/** A disk that is full takes a part and says nothing until it is asked for the rest. */
async function writeWhole(
  handle: Pick<FileHandle, 'write'>,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
}

function damaged(path: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('JOURNAL_DAMAGED', `${path}: ${what}`, { details: { path }, cause });
}
