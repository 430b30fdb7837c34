import { HoldfastError } from '../../../base/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
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
    { name: 'swap/check-fence', phase: 'swap', apply: checkFence, revert: nothingToRevert },
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

/** Somebody, or something that keeps files as they were, may have put the manifest back in the meantime. */
async function checkFence(work: StepWork): Promise<void> {
  const { host, machine } = work;
  for (const { role, file } of host.manifests) {
    if (role !== 'etcd' || !(await exists(await machine.realPath(file)))) continue;
    throw new HoldfastError(
      'PLACE_TAKEN',
      `${host.host}: ${file} has come back while etcd was to stay away`,
      {
        hint: 'Stop what puts it back, move it away, and run "holdfast recover --rollback" if that was not done by itself.',
        details: { path: file },
      },
    );
  }
  const holders = await machine.holdersOf(databasePath(host.oldDataDir));
  if (holders.length === 0) return;
  throw new HoldfastError(
    'PLACE_TAKEN',
    `${host.host}: process ${holders.join(', ')} has opened the database in ${host.oldDataDir} again`,
    { details: { path: host.oldDataDir } },
  );
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
