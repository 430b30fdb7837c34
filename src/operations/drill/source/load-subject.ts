import { openFileSource, type OperationContext } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import type { DataDir } from '../../../formats/data-dir/index.ts';
import {
  decodeLease,
  decodeMember,
  type KeyValueStoreFile,
  type LeaseRecord,
  type MemberRecord,
} from '../../../formats/mvcc/index.ts';
import { openDataDirAt } from '../../data-dir-files/index.ts';
import { type Expectation, readExpectation } from '../../outside-checks/index.ts';
import type { DrillSubject } from './drill-subject.ts';

/** What a sound subject holds, and what runs on it must therefore answer. Dispose it. */
export interface LoadedSubject extends Disposable {
  readonly expectation: Expectation;
  readonly leases: readonly LeaseRecord[];
  readonly members: readonly MemberRecord[];
  /** Of a data dir, with what its log adds. */
  readonly dataDir: DataDir | undefined;
}

/** Errors: those of `openDataDirAt` and of reading a database. */
export async function loadSubject(subject: DrillSubject, ctx: OperationContext): Promise<LoadedSubject> {
  using opening = new DisposableStack();
  if (subject.kind === 'data-dir') {
    const dataDir = opening.use(openDataDirAt({ dataDir: subject.path, walDir: subject.walDir }));
    return await load(dataDir.store, { subject, dataDir, opened: opening.move() }, ctx);
  }
  const file = opening.use(openFileSource(subject.path));
  return await load(openDatabase(file), { subject, dataDir: undefined, opened: opening.move() }, ctx);
}

interface Opened {
  readonly subject: DrillSubject;
  readonly dataDir: DataDir | undefined;
  readonly opened: DisposableStack;
}

async function load(
  store: KeyValueStoreFile,
  { subject, dataDir, opened }: Opened,
  ctx: OperationContext,
): Promise<LoadedSubject> {
  using parts = opened;
  const expectation = await readExpectation(store, subject.sizeBytes, ctx);
  const leases = [...(store.bucket('lease')?.entries() ?? [])].map(({ value }) => decodeLease(value));
  const members =
    dataDir?.members ??
    [...(store.bucket('members')?.entries() ?? [])].map(({ value }) => decodeMember(value));
  const kept = parts.move();
  return { expectation, leases, members, dataDir, [Symbol.dispose]: () => kept.dispose() };
}
