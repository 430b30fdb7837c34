import { HoldfastError } from '../../../base/index.ts';
import { readDataDirRevision } from '../revisions/index.ts';
import { exists, movePath } from './move-path.ts';
import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

/** Puts the restored data in place by renames. Nothing is deleted: what was there is kept under another name. */
export function swapSteps({ host }: Pick<StepWork, 'host'>): Step[] {
  const renames = host.swaps.flatMap(({ live, staged, kept }, index): Step[] => [
    ...(kept === undefined ? [] : [renameStep(`swap/keep-${index}`, live, kept)]),
    renameStep(`swap/place-${index}`, staged, live),
  ]);
  return [
    { name: 'swap/check-revision', phase: 'swap', apply: checkRevision, revert: nothingToRevert },
    ...renames,
  ];
}

function renameStep(name: string, from: string, to: string): Step {
  const move = async ({ machine }: StepWork, a: string, b: string) =>
    await movePath(await machine.realPath(a), await machine.realPath(b));
  return {
    name,
    phase: 'swap',
    apply: (work) => move(work, from, to),
    revert: (work) => move(work, to, from),
  };
}

/**
 * Nobody writes any more: the last moment at which the old revision can be read, and the first at which it is final.
 * An old data dir that cannot be read says nothing; the plan was made knowing that.
 */
async function checkRevision(work: StepWork): Promise<void> {
  const { host, plan, machine } = work;
  const [first] = host.swaps;
  // A second attempt finds the old data under its new name.
  const moved = first?.kept !== undefined && (await exists(await machine.realPath(first.kept)));
  if (moved || plan.revision.bump === 0n) return;
  const revision = await readDataDirRevision(machine, host.oldDataDir, host.walDir);
  if (revision === undefined || revision < plan.revision.target) return;
  throw new HoldfastError(
    'REVISION_WOULD_REWIND',
    `${host.host}: the old data went on to revision ${revision}, the restored cluster would start at ${plan.revision.target}`,
    { details: { revision: String(revision), target: String(plan.revision.target) } },
  );
}
