import { dirname } from 'node:path';
import { noteRevision, removeUnfinishedLedger } from '../../ledger/index.ts';
import type { StepWork } from '../work/index.ts';
import { exists } from './move-path.ts';
import type { Step } from './step.ts';

/**
 * From the moment the restored etcd answers, clients see its revisions, and they remember them when it is taken back:
 * the next recovery has to pass these, too. So they are noted beside the old data before that moment, and stay noted.
 */
export function revisionSteps(): Step[] {
  return [{ name: 'start/note-revision', phase: 'start-etcd', apply: note, revert: tidy }];
}

async function note({ plan, host, machine, ctx }: StepWork): Promise<void> {
  const entry = { revision: plan.revision.target, source: 'recover', recoveryId: plan.id } as const;
  for (const dataDir of new Set([host.oldDataDir, host.dataDir])) {
    // Where the old data was lost, the place of its ledger may be lost as well.
    if (await exists(await machine.realPath(dirname(dataDir))))
      await noteRevision(machine, dataDir, entry, ctx);
  }
}

/** Killed in the middle, it leaves a file that nobody would look at again: the new place has no ledger then. */
async function tidy({ host, machine }: StepWork): Promise<void> {
  for (const dataDir of new Set([host.oldDataDir, host.dataDir])) {
    await removeUnfinishedLedger(machine, dataDir);
  }
}
