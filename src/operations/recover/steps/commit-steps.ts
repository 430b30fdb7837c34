import { noteRevision } from '../ledger/index.ts';
import { readLiveRevision } from '../verify/etcd-ready.ts';
import { rm } from 'node:fs/promises';
import { receivedSnapshotPath } from '../journal/index.ts';
import { removeEmptyDirectory } from './move-path.ts';
import { nothingToRevert, type Step, type StepWork } from './step.ts';

/** The last things, all of which can be done twice. After them the journal is closed. */
export function commitSteps(): Step[] {
  return [
    { name: 'commit/ledger', phase: 'commit', apply: writeLedger, revert: nothingToRevert },
    { name: 'commit/tidy', phase: 'commit', apply: tidy, revert: nothingToRevert },
  ];
}

/** So that the next recovery passes this one's revisions even when etcd's data is lost by then. */
async function writeLedger(work: StepWork): Promise<void> {
  const { plan, host, machine, ctx } = work;
  const live = await readLiveRevision(work);
  const revision = live > plan.revision.target ? live : plan.revision.target;
  await noteRevision(machine, host.dataDir, { revision, source: 'recover', recoveryId: plan.id }, ctx);
}

/** The original of an edited manifest stays in the fence dir. */
async function tidy({ host, plan, machine }: StepWork): Promise<void> {
  await rm(await machine.realPath(receivedSnapshotPath(plan.snapshot.sha256)), { force: true });
  await removeEmptyDirectory(await machine.realPath(host.fenceDir));
}
