import { openFileSource, type OperationContext } from '../../base/index.ts';
import { type Database, openDatabase } from '../../formats/bbolt/index.ts';
import {
  buildRestorePlan,
  type Membership,
  type RestorePlan,
  type RevisionBump,
} from '../../formats/data-dir/index.ts';
import { decodeRevision, readStoreRevision } from '../../formats/mvcc/index.ts';
import { checkDigest, copyDatabase, digestDatabase } from './copy-database.ts';
import { compactDatabase, patchDatabase } from './edit-database.ts';
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

/**
 * Makes the new database under its temporary name, from content that matches the digest, with the plan's rows in it.
 * Throws DIGEST_MISMATCH, DATABASE_CORRUPT, RECORD_INVALID, USAGE (the bump), and file errors.
 */
export async function writeDatabase(run: RestoreRun): Promise<RestorePlan> {
  return run.options.compact === true ? await writeFresh(run) : await writeCopy(run);
}

async function writeCopy({ source, target, options, membership, ctx }: RestoreRun): Promise<RestorePlan> {
  const { databaseBytes, digest } = source;
  const copied = await inCopyPhase(ctx, databaseBytes, () =>
    copyDatabase(source.file, target.databasePath, { databaseBytes, digest: digest !== undefined }, ctx),
  );
  await using handle = copied.handle;
  if (digest !== undefined) checkDigest(digest, copied.sha256!, options.snapshotPath);
  using file = openFileSource(target.databasePath);
  const database = openDatabase(file);
  const plan = planAndLog(database, options, membership, ctx);
  await patchDatabase(handle, database, plan.edits);
  return plan;
}

async function writeFresh({ source, target, options, membership, ctx }: RestoreRun): Promise<RestorePlan> {
  const { databaseBytes, digest } = source;
  return await inCopyPhase(ctx, databaseBytes, async () => {
    if (digest !== undefined) {
      checkDigest(digest, await digestDatabase(source.file, databaseBytes, ctx), options.snapshotPath);
    }
    const database = openDatabase(source.file);
    const plan = planAndLog(database, options, membership, ctx);
    compactDatabase(database, plan.edits, target.databasePath, ctx);
    return plan;
  });
}

async function inCopyPhase<T>(ctx: OperationContext, totalBytes: number, work: () => Promise<T>): Promise<T> {
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase: 'copy', totalBytes });
  const result = await work();
  const tookMs = ctx.clock.monotonicMs() - startedMs;
  ctx.events({ type: 'phase-finished', phase: 'copy', doneBytes: totalBytes, tookMs });
  return result;
}

/** Plans the changes and says what they are, in etcdutl's words and fields. */
function planAndLog(
  database: Database,
  options: RestoreOptions,
  membership: Membership,
  ctx: OperationContext,
): RestorePlan {
  const bump = planBump(database, options.bumpRevision ?? 0n, ctx);
  const plan = buildRestorePlan({ membership, ...(bump === undefined ? {} : { bump }) });
  ctx.log.info('Trimming membership information from the backend...');
  if (bump !== undefined) {
    ctx.log.info('bumping latest revision', {
      'latest-revision': bump.latestRevision,
      'bump-amount': bump.amount,
      'new-latest-revision': plan.bumpedRevision,
    });
    ctx.log.info('marking revision compacted', { revision: plan.bumpedRevision });
  }
  for (const member of membership.members) {
    ctx.log.info('added member', {
      'cluster-id': membership.clusterId.toString(16),
      'local-member-id': '0',
      'added-peer-id': member.id.toString(16),
      'added-peer-peer-urls': member.peerUrls,
      'added-peer-is-learner': false,
    });
  }
  return plan;
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
