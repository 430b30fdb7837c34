import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import { snapDirectory, walDirectory } from '../../../formats/data-dir/index.ts';
import { restoreSnapshot } from '../../restore/index.ts';
import type { DrillSubject, LoadedSubject } from '../source/index.ts';
import type { EtcdIdentity } from './booted-etcd.ts';

/** A data dir in the sandbox, ready to be started on. */
export interface StagedData {
  readonly dataDir: string;
  /** Of the member that will run. */
  readonly name: string;
  readonly peerUrl: string;
  readonly identity: EtcdIdentity;
  /** A copied data dir, not a restored one. */
  readonly isCopy: boolean;
  /**
   * Whether others had a vote, who are not here: then it has to be made a cluster of its own. Not otherwise: etcd would
   * drop what is in the log and not yet known to be committed, and a member with the only vote commits it by itself.
   */
  readonly leavesOthers: boolean;
}

export interface StageOptions {
  readonly subject: DrillSubject;
  readonly loaded: LoadedSubject;
  readonly sandbox: string;
  readonly peerUrl: string;
  /** Of the whole snapshot, as it was checked. */
  readonly fileSha256: string | undefined;
}

const memberName = 'drill';

/** Restores a file, or copies a data dir with its log. Errors: those of `restoreSnapshot`, DISK_FULL, WRITE_FAILED. */
export async function stageData(options: StageOptions, ctx: OperationContext): Promise<StagedData> {
  const dataDir = join(options.sandbox, 'data');
  return options.loaded.dataDir === undefined
    ? await restore(dataDir, options, ctx)
    : await copy(dataDir, options, ctx);
}

async function restore(
  dataDir: string,
  { subject, peerUrl, fileSha256 }: StageOptions,
  ctx: OperationContext,
): Promise<StagedData> {
  const { clusterId, memberId, members } = await restoreSnapshot(
    {
      snapshotPath: subject.path,
      dataDir,
      name: memberName,
      initialCluster: `${memberName}=${peerUrl}`,
      initialAdvertisePeerUrls: peerUrl,
      initialClusterToken: 'holdfast-drill',
      statusHash: false,
      skipHashCheck: subject.kind === 'database',
      ...(fileSha256 === undefined ? {} : { fileSha256 }),
    },
    // That there is no digest was said already.
    { ...ctx, events: (event) => (event.type === 'warning' ? undefined : ctx.events(event)) },
  );
  return {
    dataDir,
    name: memberName,
    peerUrl,
    identity: { clusterId, memberId, members },
    isCopy: false,
    leavesOthers: false,
  };
}

async function copy(
  dataDir: string,
  { subject, loaded, peerUrl }: StageOptions,
  ctx: OperationContext,
): Promise<StagedData> {
  await copyFiles(subject.snapDir, snapDirectory(dataDir), ctx);
  await copyFiles(subject.walDir, walDirectory(dataDir), ctx);
  const { clusterId, nodeId, members } = loaded.dataDir!;
  const self = members.find(({ id }) => id === nodeId);
  const name = self?.name ?? '';
  return {
    dataDir,
    name: name === '' ? memberName : name,
    peerUrl,
    identity: { clusterId, memberId: nodeId, members },
    isCopy: true,
    leavesOthers: members.some(({ id, isLearner }) => id !== nodeId && !isLearner),
  };
}

async function copyFiles(from: string, to: string, { signal }: OperationContext): Promise<void> {
  try {
    await mkdir(to, { recursive: true, mode: 0o700 });
    for (const name of await readdir(from)) {
      throwIfInterrupted(signal);
      const path = join(from, name);
      if (!(await stat(path)).isFile()) continue;
      await copyFile(path, join(to, name), constants.COPYFILE_FICLONE);
    }
  } catch (error) {
    throw fileError(error, 'copy', to);
  }
}
