import { noteRevision } from '../../ledger/index.ts';
import { readLiveCluster } from '../verify/index.ts';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostPlan } from '../plan/index.ts';
import { receivedSnapshotPath } from '../../recovery-state/index.ts';
import { removeEmptyDirectory } from './move-path.ts';
import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

/** The last things, all of which can be done twice. After them the journal is closed. */
export function commitSteps(): Step[] {
  return [
    { name: 'commit/ledger', phase: 'commit', apply: writeLedger, revert: nothingToRevert },
    { name: 'commit/tidy', phase: 'commit', apply: tidy, revert: makeRoomAgain },
  ];
}

/** So that the next recovery passes this one's revisions even when etcd's data is lost by then. */
async function writeLedger(work: StepWork): Promise<void> {
  const { plan, host, machine, ctx } = work;
  const live = await readLiveCluster(work);
  const revision = live.revision > plan.revision.target ? live.revision : plan.revision.target;
  // Members have new ids now; an older snapshot is known by the old ones.
  const memberIds = [...new Set([...host.formerMemberIds, ...live.memberIds])];
  const entry = {
    revision,
    source: 'recover',
    recoveryId: plan.id,
    clusterId: live.clusterId,
    memberIds,
    ...(plan.snapshot.backup !== undefined && { backup: plan.snapshot.backup }),
  } as const;
  await noteRevision(machine, host.dataDir, entry, ctx);
}

/** The original of an edited manifest stays in the fence dir. */
async function tidy({ host, plan, machine }: StepWork): Promise<void> {
  await rm(await machine.realPath(receivedSnapshotPath(plan.snapshot.sha256)), { force: true });
  for (const path of emptiedDirectories(host)) await removeEmptyDirectory(await machine.realPath(path));
}

/** Undone, manifests and data are moved there once more. */
async function makeRoomAgain({ host, machine }: StepWork): Promise<void> {
  for (const path of emptiedDirectories(host))
    await mkdir(await machine.realPath(path), { recursive: true, mode: 0o700 });
}

/** A data dir that is a mount point has its staging place inside, which only its content has left. */
function emptiedDirectories({ fenceDir, stagedDataDir, swaps }: HostPlan): string[] {
  const isStagedInside = swaps.some(({ staged }) => dirname(staged) === stagedDataDir);
  return isStagedInside ? [fenceDir, stagedDataDir] : [fenceDir];
}
