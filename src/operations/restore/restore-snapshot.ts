/**
 * `snapshot restore`: a new data dir from a snapshot file.
 *
 * Order of checks and log lines as etcdutl's (etcdutl/snapshot/v3_snapshot.go, 3.5.30 and 3.6.14). What differs:
 * nothing appears at the target before the digest, the structure and the finished result have been checked.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fileError,
  HoldfastError,
  type LogFields,
  openFileSource,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';
import {
  databasePath,
  type Membership,
  planMembership,
  snapDirectory,
  walDirectory,
} from '../../formats/data-dir/index.ts';
import { type CheckedDatabase, checkRestored } from './check-restored.ts';
import { openForEditing } from './edit-database.ts';
import { systemResolver } from './resolve-host.ts';
import { restoreDefaults, type RestoreOptions, type RestoreResult } from './restore-options.ts';
import { removeLeftovers, type TargetPaths } from './leftovers.ts';
import { checkTarget, createRestoreTarget } from './restore-target.ts';
import { openSnapshot } from './source-snapshot.ts';
import { logChanges, type RestoreRun, type WrittenDatabase, writeDatabase } from './write-database.ts';

/**
 * Restores a snapshot into a new data dir for one member. Everything is checked and written under temporary names;
 * the data dir appears complete or not at all, also when the process is killed.
 *
 * Errors: USAGE (flags that contradict each other), DIR_NOT_EMPTY and FILE_EXISTS (the target is taken), NOT_A_DATABASE,
 * DIGEST_MISSING, DIGEST_MISMATCH, DATABASE_CORRUPT, RECORD_INVALID (the file), FILE_NOT_FOUND, FILE_NOT_READABLE,
 * NOT_A_REGULAR_FILE, DISK_FULL, WRITE_FAILED, INTERRUPTED.
 */
export async function restoreSnapshot(
  options: RestoreOptions,
  ctx: OperationContext,
): Promise<RestoreResult> {
  checkBumpFlags(options);
  const membership = await planMembership(
    {
      name: options.name ?? restoreDefaults.name,
      initialCluster: options.initialCluster ?? restoreDefaults.initialCluster,
      clusterToken: options.initialClusterToken ?? restoreDefaults.initialClusterToken,
      advertisePeerUrls: options.initialAdvertisePeerUrls ?? restoreDefaults.initialAdvertisePeerUrls,
    },
    systemResolver(ctx),
  );
  const paths = targetPaths(options);
  for (const path of await removeLeftovers(paths))
    ctx.log.info('removed what an interrupted restore left', { path });
  await checkTarget(paths);
  const fields = logFields(options, paths);
  ctx.log.info('restoring snapshot', fields);
  using source = openSnapshot(options.snapshotPath, options.skipHashCheck ?? false, ctx);
  using target = await createRestoreTarget(paths);
  const run: RestoreRun = { options, membership, source, target, ctx };
  await using written = await writeDatabase(run);
  const checked = await checkAndFlush(run, written);
  logChanges(written, run);
  const { plan } = written;
  await writeNewFile(join(target.walDir, plan.wal.name), plan.wal.bytes, plan.wal.sizeBytes);
  // etcd leaves the mode of this file to the umask. Ours are all for their owner only.
  await writeNewFile(join(target.snapDir, plan.snap.name), plan.snap.bytes);
  throwIfInterrupted(ctx.signal);
  await target.commit();
  ctx.log.info('restored snapshot', fields);
  return resultOf(membership, paths, checked);
}

function checkBumpFlags({ bumpRevision = 0n, markCompacted = false }: RestoreOptions): void {
  if (bumpRevision < 0n) {
    throw new HoldfastError('USAGE', `--bump-revision ${bumpRevision} is negative`, {
      hint: 'Give a number above 0, for example 1000000000.',
    });
  }
  if (bumpRevision > 0n === markCompacted) return;
  throw new HoldfastError(
    'USAGE',
    '--mark-compacted required if --bump-revision > 0, and the other way round',
    {
      hint: 'Pass both: --bump-revision 1000000000 --mark-compacted.',
    },
  );
}

function targetPaths(options: RestoreOptions): TargetPaths {
  const dataDir = options.dataDir ?? `${options.name ?? restoreDefaults.name}.etcd`;
  return { dataDir, walDir: options.walDir ?? walDirectory(dataDir) };
}

/** Field names are etcdutl's. */
function logFields(options: RestoreOptions, { dataDir, walDir }: TargetPaths): LogFields {
  const mapSize = options.initialMemoryMapSizeBytes;
  return {
    path: options.snapshotPath,
    'wal-dir': walDir,
    'data-dir': dataDir,
    'snap-dir': snapDirectory(dataDir),
    ...(mapSize === undefined ? {} : { 'initial-memory-map-size': mapSize }),
  };
}

/** Checks the new database's digest, structure and rows while the disk takes it in. */
async function checkAndFlush(run: RestoreRun, written: WrittenDatabase): Promise<CheckedDatabase> {
  const { target, options, ctx } = run;
  await using handle = await openForEditing(target.databasePath);
  using file = openFileSource(target.databasePath);
  const [flushed, digest, checked] = await Promise.allSettled([
    handle.sync(),
    written.digestChecked,
    checkRestored(file, written.plan, options, ctx),
  ]);
  // A wrong digest explains damage better than the damage does.
  if (digest.status === 'rejected') throw digest.reason;
  if (checked.status === 'rejected') throw checked.reason;
  if (flushed.status === 'rejected') throw fileError(flushed.reason, 'write', target.databasePath);
  return checked.value;
}

async function writeNewFile(path: string, bytes: Uint8Array, sizeBytes?: number): Promise<void> {
  try {
    await using handle = await open(path, 'wx', 0o600);
    await handle.writeFile(bytes);
    if (sizeBytes !== undefined) await handle.truncate(sizeBytes);
    await handle.sync();
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

function resultOf(membership: Membership, paths: TargetPaths, checked: CheckedDatabase): RestoreResult {
  const { hash, totalKeys, version } = checked.scan;
  return {
    ...paths,
    databasePath: databasePath(paths.dataDir),
    clusterId: membership.clusterId,
    memberId: membership.self.id,
    members: membership.members,
    revision: checked.revision,
    status: { hash, totalKeys, version, sizeBytes: checked.sizeBytes },
  };
}
