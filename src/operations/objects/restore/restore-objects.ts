import { type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import { openApiClient } from '../../../kubernetes/index.ts';
import { type Inspection, openInspection } from '../inspect/index.ts';
import { checkItem, type ItemCheck } from './check-item.ts';
import { ComingPlaces } from './coming-places.ts';
import { planItems, planNamespace } from './plan-items.ts';
import { isDefinition, isNamespace, type RestoreItem } from './restore-item.ts';
import { RestoreReport } from './restore-report.ts';
import type { RestoreObjectsOptions, RestoreObjectsResult } from './restore-types.ts';
import type { RestoreWork } from './restore-work.ts';
import { ServerKinds } from './server-kinds.ts';
import { writeItem } from './write-item.ts';

/**
 * Puts the objects of a selection back through an API server. The server's dry run comes first for all of them, and
 * nothing is written when it refuses one, unless `keepGoing`. Objects whose namespace or definition is only made by this
 * run have their dry run after those were made and before anything else is.
 *
 * Errors before anything is written: those of opening the source and of the selection, and of the API server as a
 * whole. One that comes later is `stopped` in the result.
 */
export async function restoreObjects(
  options: RestoreObjectsOptions,
  ctx: OperationContext,
): Promise<RestoreObjectsResult> {
  await using inspection = await openInspection(options, ctx);
  await using client = openApiClient({ ...options.server, keepConnections: true });
  const { gitVersion } = await client.version({ signal: ctx.signal });
  const work: RestoreWork = {
    client,
    ctx,
    kinds: new ServerKinds(client, ctx.signal),
    onConflict: options.onConflict ?? 'skip',
    namespaceMap: options.namespaceMap ?? new Map(),
    uids: new Map(),
    dryUids: new Map(),
  };
  const report = new RestoreReport(options.onObject);
  const run = { work, report, options, inspection, places: new ComingPlaces(work) };
  await runRestore(run);
  return {
    source: inspection.source.description,
    revision: inspection.source.revision,
    server: client.server,
    serverVersion: gitVersion,
    dryRun: options.dryRun === true,
    onConflict: work.onConflict,
    refused: report.isRefused,
    stopped: report.stopped,
    counts: report.counts(),
    objects: report.objects,
  };
}

interface Run {
  readonly work: RestoreWork;
  readonly report: RestoreReport;
  readonly options: RestoreObjectsOptions;
  readonly inspection: Inspection;
  readonly places: ComingPlaces;
}

const defaultWaitTimeoutMs = 60_000;

async function runRestore(run: Run): Promise<void> {
  const { report, options, work } = run;
  const planned = await planItems(run.inspection, options, work.ctx);
  const added = options.createNamespaces === true ? await missingNamespaces(planned.items, run) : [];
  const items = [...added, ...planned.items];
  report.expect(items);
  for (const settled of planned.settled) report.settle(settled);
  work.ctx.log.info('asking the server what it would make of each object', { objects: items.length });
  const checks = await checkItems(items, run);
  if (report.hasFailed && options.keepGoing !== true) report.refuse();
  if (options.dryRun === true) reportDryRun(checks, report);
  else if (!report.isRefused) {
    await report.until(() => writeAll(checks, run));
  }
  report.close();
}

/** The check of an object; undefined while what it needs is only coming. */
type Checks = Map<RestoreItem, ItemCheck | undefined>;

async function checkItems(items: readonly RestoreItem[], run: Run): Promise<Checks> {
  const checks: Checks = new Map();
  for (const item of items) {
    throwIfInterrupted(run.work.ctx.signal);
    const check = await checkInPlace(item, run);
    checks.set(item, check);
    if (check === undefined) continue;
    await run.places.note(item, check);
    if (check.next === 'nothing') run.report.finish(item, check);
  }
  return checks;
}

/** The check, if the place of the object is there. */
async function checkInPlace(item: RestoreItem, { places, work }: Run): Promise<ItemCheck | undefined> {
  const state = item.namespace === undefined ? 'there' : await places.namespace(item.namespace);
  if (state === 'missing') return settled('skipped', `there is no namespace ${item.namespace}`);
  if (state === 'terminating') return settled('failed', `the namespace ${item.namespace} is being deleted`);
  const { apiVersion, kind } = item;
  const served = await work.kinds.find(apiVersion, kind);
  if (served === undefined) {
    if (places.isKindComing(apiVersion, kind)) return undefined;
    return settled('failed', `the server does not serve ${apiVersion} ${kind}`);
  }
  return state === 'coming' ? undefined : await checkItem(item, served, work);
}

function settled(outcome: 'skipped' | 'failed', reason: string): ItemCheck {
  return { next: 'nothing', outcome, reason, notes: [], fields: [] };
}

function reportDryRun(checks: Checks, report: RestoreReport): void {
  for (const [item, check] of checks) {
    if (check === undefined) {
      const notes = ['not tried: its namespace or its definition is not there yet'];
      report.finish(item, { outcome: 'created', notes, fields: [] });
    } else if (check.next === 'write') report.finish(item, check);
  }
}

/** Namespaces and definitions, then what has waited for them is tried, then everything else is written. */
async function writeAll(checks: Checks, run: Run): Promise<void> {
  const { report, options, places } = run;
  const keepGoing = options.keepGoing === true;
  const first = [...checks.keys()].filter((item) => isNamespace(item) || isDefinition(item));
  const others = [...checks.keys()].filter((item) => !isNamespace(item) && !isDefinition(item));
  await writeItems(first, checks, run);
  const isComing = others.some((item) => checks.get(item) === undefined);
  if (isComing) {
    await places.arrive(
      first.filter((item) => report.isWritten(item)),
      options.waitTimeoutMs ?? defaultWaitTimeoutMs,
    );
    const waiting = others.filter((item) => checks.get(item) === undefined);
    for (const [item, check] of await checkItems(waiting, run)) checks.set(item, check);
  }
  if (report.hasFailed && !keepGoing) report.refuse();
  else await writeItems(others, checks, run);
}

async function writeItems(items: readonly RestoreItem[], checks: Checks, run: Run): Promise<void> {
  const { report, work } = run;
  for (const item of items) {
    const check = checks.get(item);
    if (check?.next !== 'write') continue;
    throwIfInterrupted(work.ctx.signal);
    const served = await work.kinds.find(item.apiVersion, item.kind);
    if (served === undefined) {
      report.finish(item, {
        outcome: 'failed',
        reason: 'its kind is no longer served',
        notes: [],
        fields: [],
      });
      continue;
    }
    const { outcome, reason, notes } = await writeItem(item, served, check.outcome, work);
    report.finish(item, { outcome, notes, fields: check.fields, ...(reason !== undefined && { reason }) });
  }
}

/** Those that objects need, that the server does not have, and that were not selected. */
async function missingNamespaces(items: readonly RestoreItem[], run: Run): Promise<RestoreItem[]> {
  const { inspection, options, places, work } = run;
  const planned = new Set(items.filter(isNamespace).map(({ name }) => name));
  const added: RestoreItem[] = [];
  for (const { namespace, fromNamespace } of items) {
    if (namespace === undefined || fromNamespace === undefined || planned.has(namespace)) continue;
    planned.add(namespace);
    if ((await places.namespace(namespace)) !== 'missing') continue;
    added.push(await planNamespace(inspection, fromNamespace, options, work.ctx));
  }
  return added;
}
