import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  createDurableFile,
  fileError,
  type Finding,
  HoldfastError,
  type OperationContext,
} from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import {
  closedJournalPath,
  journalLockPath,
  journalPath,
  receivedSnapshotPath,
} from '../../recovery-state/index.ts';
import {
  createJournal,
  type Journal,
  lockJournal,
  openJournal,
  readOutcome,
  readPendingRecovery,
  type RecoveryOutcome,
  type StepState,
} from '../journal/index.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import { checkHostForPlan } from '../preflight/index.ts';
import { exists, removeEmptyDirectory, type Step, stepsOf } from '../steps/index.ts';
import type { StepWork } from '../work/index.ts';
import type { InspectOptions, RecoveryHost } from '../host/index.ts';
import { openOldData } from './old-data.ts';

export interface LocalRecoveryOptions extends InspectOptions {
  readonly machine: LocalHost;
  /** The coordinator is another machine, and sends the snapshot. Default false. */
  readonly isSentSnapshot?: boolean;
}

/** The host that this process runs on. Dispose it to let go of the journal. */
export function openLocalRecoveryHost(
  { machine, isSentSnapshot = false, ...inspect }: LocalRecoveryOptions,
  ctx: OperationContext,
): RecoveryHost {
  const open = new AsyncDisposableStack();
  let journal: Journal | undefined;
  const oldData = openOldData(machine, inspect, ctx);
  const lock = async () => open.use(await lockJournal(await machine.realPath(journalLockPath)));
  const attach = (opened: Journal) => {
    journal = open.use(opened);
  };
  const work = async (context: OperationContext) => await workOn(requireJournal(journal), machine, context);
  // What was begun is undone also when the reason is that somebody wants it to stop.
  const undoing: OperationContext = { ...ctx, signal: new AbortController().signal };
  return {
    name: inspect.host,
    inspect: oldData.inspect,
    preflight: (plan, hostIndex): Promise<readonly Finding[]> =>
      checkHostForPlan(machine, { plan, host: plan.hosts[hostIndex]!, isSent: isSentSnapshot }, ctx),
    foresee: oldData.foresee,
    async begin(plan, hostIndex) {
      await lock();
      if (plan.snapshot.backup !== undefined) await keepSnapshot(plan, machine, ctx);
      attach(await createJournal(await machine.realPath(journalPath), plan, hostIndex, ctx));
    },
    async resume() {
      const path = await machine.realPath(journalPath);
      if ((await readPendingRecovery(path)) === undefined) return undefined;
      const held = await lock();
      // Whoever worked on it may have come to its end since.
      if ((await readPendingRecovery(path)) === undefined) {
        await held[Symbol.asyncDispose]();
        return undefined;
      }
      attach(await openJournal(path, ctx));
      const { plan, host, turnedBack } = journal!;
      return { plan, hostIndex: plan.hosts.indexOf(host), turnedBack };
    },
    outcomeOf: async (recoveryId) => await readOutcome(await machine.realPath(closedJournalPath(recoveryId))),
    async run(phase, signal) {
      const context = await work({ ...ctx, signal: AbortSignal.any([ctx.signal, signal]) });
      for (const step of stepsOf(context)) if (step.phase === phase) await applyStep(step, context);
    },
    async rollBack(phase, reason) {
      const context = await work(undoing);
      if (context.journal.turnedBack === undefined) await context.journal.turnBack(reason);
      const steps = stepsOf(context).filter((step) => step.phase === phase);
      for (const step of steps.toReversed()) await revertStep(step, context);
    },
    fact: (name) => Promise.resolve(requireJournal(journal).fact(name)),
    async finish(outcome) {
      const { plan } = requireJournal(journal);
      requireAllEnded(journal!, outcome);
      // A copy that came over the network or out of a repository is of no use any more, and full of secrets.
      const received = await machine.realPath(receivedSnapshotPath(plan.snapshot.sha256));
      await rm(received, { force: true });
      await removeEmptyDirectory(dirname(received));
      await journal!.close(outcome, await machine.realPath(closedJournalPath(plan.id)));
      await open.disposeAsync();
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** A journal that is closed too early is forgotten, with whatever it would have undone or finished. */
function requireAllEnded(journal: Journal, outcome: RecoveryOutcome): void {
  const isEnded = (state: StepState | undefined) =>
    outcome === 'committed' ? state === 'done' : state === undefined || state === 'undone';
  const left = stepsOf(journal).find(({ name }) => !isEnded(journal.stateOf(name)));
  if (left !== undefined)
    throw new HoldfastError('DEFECT', `${journal.host.host}: ${left.name} is not ${outcome} yet`);
}

async function applyStep(step: Step, work: StepWork): Promise<void> {
  const { journal } = work;
  if (journal.turnedBack !== undefined)
    throw new HoldfastError('DEFECT', `${step.name}: the recovery goes back`);
  if (journal.stateOf(step.name) === 'done') return;
  await journal.recordStep(step.name, 'begun');
  await step.apply(work);
  await journal.recordStep(step.name, 'done');
  work.ctx.log.info(`${step.name} done`, { host: work.host.host });
}

async function revertStep(step: Step, work: StepWork): Promise<void> {
  const { journal } = work;
  const state = journal.stateOf(step.name);
  if (state === undefined || state === 'undone') return;
  await journal.recordStep(step.name, 'undoing');
  await step.revert(work);
  await journal.recordStep(step.name, 'undone');
  work.ctx.log.info(`${step.name} undone`, { host: work.host.host });
}

async function workOn(journal: Journal, machine: LocalHost, ctx: OperationContext): Promise<StepWork> {
  const { plan, host } = journal;
  return { plan, host, machine, journal, snapshotFile: await snapshotFile(plan, machine), ctx };
}

/** A copy of a backup goes with the run that fetched it: whoever resumes the recovery finds this one. */
async function keepSnapshot(
  { snapshot: { path, sha256 } }: RecoveryPlan,
  machine: LocalHost,
  { signal }: OperationContext,
): Promise<void> {
  const target = await machine.realPath(receivedSnapshotPath(sha256));
  if (target === path || (await exists(target))) return;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, 'create', dirname(target));
  }
  await using file = await createDurableFile(target, { temporaryPath: `${target}.part`, replace: true });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
      await file.write([chunk as Uint8Array]);
  } catch (error) {
    throw fileError(error, 'copy', path);
  }
  await file.commit();
}

/** One that came from another host or a repository lies under its digest; otherwise it is where the user said. */
async function snapshotFile(plan: RecoveryPlan, machine: LocalHost): Promise<string> {
  const received = await machine.realPath(receivedSnapshotPath(plan.snapshot.sha256));
  return (await exists(received)) ? received : plan.snapshot.path;
}

function requireJournal(journal: Journal | undefined): Journal {
  if (journal === undefined) throw new HoldfastError('DEFECT', 'no recovery has begun on this host');
  return journal;
}
