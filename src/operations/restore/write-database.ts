import { openFileSource, type OperationContext } from '../../base/index.ts';
import { type Database, openDatabase } from '../../formats/bbolt/index.ts';
import {
  buildRestorePlan,
  type Membership,
  type RestorePlan,
  type RevisionBump,
} from '../../formats/data-dir/index.ts';
import { decodeRevision, readStoreRevision } from '../../formats/mvcc/index.ts';
import { copyDatabase } from './copy-database.ts';
import { checkDigest, type DigestedFile, startDigest } from './digest-database.ts';
import { compactDatabase, openForEditing, patchDatabase } from './edit-database.ts';
import type { RestoreOptions } from './restore-options.ts';
import type { RestoreTarget } from './restore-target.ts';
import type { OpenSnapshot } from './source-snapshot.ts';

/** What the steps of one restore share. */
export interface RestoreRun {
  readonly options: RestoreOptions;
  readonly membership: Membership;
  readonly source: OpenSnapshot;
  readonly target: RestoreTarget;
  readonly ctx: OperationContext;
}

export interface WrittenDatabase extends AsyncDisposable {
  readonly plan: RestorePlan;
  readonly bump: RevisionBump | undefined;
  /** Resolves when what was copied matches the snapshot's digest; rejects with DIGEST_MISMATCH. */
  readonly digestChecked: Promise<void>;
}

/**
 * Makes the new database under its temporary name with the plan's rows in it. A copy may be ready before its digest
 * is; a fresh database is written only from a file that matches its digest. Dispose the result to stop the digest.
 *
 * Throws DIGEST_MISMATCH, DATABASE_CORRUPT, RECORD_INVALID, USAGE (the bump), and file errors.
 */
export async function writeDatabase(run: RestoreRun): Promise<WrittenDatabase> {
  const { source, options, ctx } = run;
  const totalBytes = source.databaseBytes;
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase: 'copy', totalBytes });
  const written = options.compact === true ? await writeFresh(run) : await writeCopy(run);
  const tookMs = ctx.clock.monotonicMs() - startedMs;
  ctx.events({ type: 'phase-finished', phase: 'copy', doneBytes: totalBytes, tookMs });
  return written;
}

/** The copy is hashed while it is being made: what is verified is what was written, and both cores work. */
async function writeCopy(run: RestoreRun): Promise<WrittenDatabase> {
  const { source, target, ctx } = run;
  await using undo = new AsyncDisposableStack();
  const { databasePath } = target;
  const digest =
    source.digest === undefined ? undefined : undo.use(startDigest(databasePath, source.databaseBytes, ctx));
  await copyDatabase(source.file, databasePath, source.databaseBytes, ctx);
  digest?.fileIsComplete();
  await using handle = await openForEditing(databasePath);
  using file = openFileSource(databasePath);
  const database = openDatabase(file);
  const planned = planChanges(database, run);
  await patchDatabase(handle, database, planned.plan.edits, (before) => digest?.rangesWillChange(before));
  const digestChecked = (async () => {
    if (digest !== undefined) checkDigest(digestedFile(run), await digest.result);
  })();
  digestChecked.catch(() => undefined);
  const kept = undo.move();
  return { ...planned, digestChecked, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function writeFresh(run: RestoreRun): Promise<WrittenDatabase> {
  const { source, target, ctx } = run;
  if (source.digest !== undefined) {
    await using digest = startDigest(source.file.name, source.databaseBytes, ctx);
    digest.fileIsComplete();
    checkDigest(digestedFile(run), await digest.result);
  }
  const database = openDatabase(source.file);
  const planned = planChanges(database, run);
  const path = target.databasePath;
  await using fresh = await openForEditing(path, 'wx');
  await compactDatabase(database, planned.plan.edits, { fd: fresh.fd, path }, ctx);
  return { ...planned, digestChecked: Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };
}

function digestedFile({ source, options }: RestoreRun): DigestedFile {
  return { path: options.snapshotPath, digest: source.digest!, fileSha256: options.fileSha256 };
}

function planChanges(
  database: Database,
  { options, membership, ctx }: RestoreRun,
): Pick<WrittenDatabase, 'plan' | 'bump'> {
  const bump = planBump(database, options.bumpRevision ?? 0n, ctx);
  return { plan: buildRestorePlan({ membership, ...(bump === undefined ? {} : { bump }) }), bump };
}

function planBump(database: Database, amount: bigint, ctx: OperationContext): RevisionBump | undefined {
  if (amount === 0n) return undefined;
  const last = database.bucket('key')?.last();
  const latestRevision = last === undefined ? 0n : decodeRevision(last.key).main;
  const { current } = readStoreRevision(database);
  if (latestRevision + amount <= current) {
    // The last rows were compacted away: the cluster had been further than its last row.
    const message = `the bump ends at revision ${latestRevision + amount}, not above the snapshot's revision ${current}`;
    ctx.log.warn(message);
    ctx.events({ type: 'warning', code: 'bump-too-small', message });
  }
  return { latestRevision, amount };
}

/** Says what was changed, in etcdutl's words and fields. */
export function logChanges({ plan, bump }: WrittenDatabase, { membership, ctx }: RestoreRun): void {
  ctx.log.info('Trimming membership information from the backend...');
  if (bump !== undefined) {
    ctx.log.info('bumping latest revision', {
      'latest-revision': bump.latestRevision,
      'bump-amount': bump.amount,
      'new-latest-revision': plan.bumpedRevision,
    });
    ctx.log.info('marking revision compacted', { revision: plan.bumpedRevision });
  }
  logMembers(membership, ctx);
}

function logMembers({ clusterId, members }: Membership, ctx: OperationContext): void {
  for (const member of members) {
    ctx.log.info('added member', {
      'cluster-id': clusterId.toString(16),
      'local-member-id': '0',
      'added-peer-id': member.id.toString(16),
      'added-peer-peer-urls': member.peerUrls,
      'added-peer-is-learner': false,
    });
  }
}
