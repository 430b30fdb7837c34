/**
 * Delta snapshots as rows of the key bucket. An event has all that a row holds: the key with its revisions, version,
 * value and lease. So the rows are those that the cluster had, and its HashKV is the same. Gardener's own restore
 * replays the events as transactions instead, which forgets the leases.
 */
import { basename } from 'node:path';
import { rm } from 'node:fs/promises';
import {
  HoldfastError,
  hasCode,
  openFileSource,
  throwIfInterrupted,
  yieldToEventLoop,
} from '../../../base/index.ts';
import {
  type DeltaEvent,
  parseGardenerName,
  readDeltaEvents,
} from '../../../formats/delta-snapshot/index.ts';
import { encodeKeyValue, encodeRevision, encodeTombstone } from '../../../formats/mvcc/index.ts';
import type { ImportedChain, ImportedFile } from '../import-options.ts';
import type { UnpackRun } from '../unpack/index.ts';
import type { RowFile } from './row-file.ts';
import { spillDelta } from './spill-delta.ts';

export interface AppliedDeltas {
  readonly chain: ImportedChain;
  readonly files: readonly ImportedFile[];
}

const eventsASlice = 2000;

/**
 * Appends the rows of all events that are newer than the full snapshot. Every revision has at least one event, so a
 * number that is left out is a change that is missing; repeated ones are passed over, as deltas may overlap.
 *
 * @param fullRevision what the database of the full snapshot really is at; its name may say less
 * Errors: IMPORT_CHAIN_BROKEN, IMPORT_DAMAGED, DIGEST_MISMATCH, and those of `openContent`.
 */
export async function applyDeltas(
  paths: readonly string[],
  fullRevision: bigint,
  rows: RowFile,
  run: UnpackRun,
): Promise<AppliedDeltas> {
  const applier = new Applier(fullRevision, rows);
  const files: ImportedFile[] = [];
  for (const path of paths) {
    const { spilled, file } = await spillDelta(path, run);
    files.push(file);
    run.ctx.log.info('applying delta snapshot', { path });
    await applyFile(applier, path, spilled, run);
    await rm(spilled, { force: true });
  }
  const { appliedEvents, repeatedEvents } = applier;
  return { files, chain: { fullRevision, deltas: paths.length, appliedEvents, repeatedEvents } };
}

async function applyFile(applier: Applier, path: string, spilled: string, run: UnpackRun): Promise<void> {
  using source = openFileSource(spilled);
  applier.beginFile(path);
  let count = 0;
  try {
    for (const event of readDeltaEvents(source)) {
      applier.apply(event);
      if (++count % eventsASlice !== 0) continue;
      await yieldToEventLoop();
      throwIfInterrupted(run.ctx.signal);
    }
  } catch (error) {
    throw hasCode(error, 'RECORD_INVALID') ? damaged(path, error.message) : error;
  }
  applier.endFile();
}

class Applier {
  appliedEvents = 0;
  repeatedEvents = 0;
  readonly #rows: RowFile;
  #path = '';
  /** Revision that the database and the rows so far stand for. */
  #revision: bigint;
  #nextSub = 0n;
  /** Whether the present file began this revision, so that more of its events may follow. */
  #isOpen = false;
  #lastInFile = 0n;
  #before = 'the full snapshot';

  constructor(fullRevision: bigint, rows: RowFile) {
    this.#revision = fullRevision;
    this.#rows = rows;
  }

  beginFile(path: string): void {
    this.#path = path;
    this.#isOpen = false;
    this.#lastInFile = 0n;
  }

  apply({ isDeletion, keyValue }: DeltaEvent): void {
    const main = keyValue.modRevision;
    if (main < this.#lastInFile)
      throw damaged(this.#path, `revision ${main} comes after ${this.#lastInFile}`);
    this.#lastInFile = main;
    if (main < this.#revision || (main === this.#revision && !this.#isOpen)) {
      this.repeatedEvents++;
      return;
    }
    if (main > this.#revision) {
      if (main !== this.#revision + 1n) throw this.#broken(main);
      this.#revision = main;
      this.#nextSub = 0n;
      this.#isOpen = true;
    }
    const rowKey = encodeRevision({ main, sub: this.#nextSub++, tombstone: isDeletion });
    this.#rows.append(rowKey, isDeletion ? encodeTombstone(keyValue.key) : encodeKeyValue(keyValue));
    this.appliedEvents++;
  }

  endFile(): void {
    const name = parseGardenerName(basename(this.#path));
    if (name !== undefined && name.lastRevision !== this.#lastInFile)
      throw damaged(this.#path, `it ends with revision ${this.#lastInFile}, not with that of its name`);
    this.#before = basename(this.#path);
  }

  #broken(main: bigint): HoldfastError {
    const [first, last] = [this.#revision + 1n, main - 1n];
    const revisions = first === last ? `revision ${first} is` : `revisions ${first} to ${last} are`;
    return new HoldfastError(
      'IMPORT_CHAIN_BROKEN',
      `${revisions} missing between ${this.#before} and ${basename(this.#path)}`,
      { details: { path: this.#path, firstMissing: first.toString(), lastMissing: last.toString() } },
    );
  }
}

function damaged(path: string, what: string): HoldfastError {
  return new HoldfastError('IMPORT_DAMAGED', `${path}: ${what}`, { details: { path } });
}
