import { HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  clearForgotten,
  decideRetention,
  forgetBackups,
  formatPolicy,
  type Repository,
  type RetentionFacts,
  type RetentionPlan,
  type RetentionPolicy,
} from '../../repository/index.ts';
import { readRetentionRecords, type RetentionInput } from './retention-records.ts';

export interface ForgetStoredOptions {
  readonly repository: Repository;
  /** What to keep. */
  readonly policy?: RetentionPolicy;
  /** These backups and no others, by id or the beginning of it; no policy is asked then. */
  readonly ids?: readonly string[];
  /**
   * When the store says that a record was put says nothing: it was copied there with a tool that does not keep times.
   * Default false.
   */
  readonly ignoreStoreTimes?: boolean;
  /** Decides, and changes nothing. */
  readonly dryRun?: boolean;
}

export interface ForgetStoredResult {
  /** None when ids were given. */
  readonly plan?: RetentionPlan;
  /** Ids of what was forgotten, or would be. */
  readonly forgotten: readonly string[];
  /** Ids of backups whose records cannot be read: they stay. */
  readonly unreadable: readonly string[];
}

/**
 * Forgets what a policy does not keep, or the backups that are named. Space is freed by a prune.
 *
 * Errors: RETENTION_POLICY_INVALID, BACKUP_NOT_FOUND, BACKUP_KEPT (a named one is pinned, or the newest of its cluster
 * that passed a verification: nothing was forgotten), those of the store.
 */
export async function forgetStoredBackups(
  options: ForgetStoredOptions,
  ctx: OperationContext,
): Promise<ForgetStoredResult> {
  const { repository, ignoreStoreTimes = false, dryRun = false } = options;
  const input = await readRetentionRecords(repository, ctx);
  const facts = { nowMs: ctx.clock.now(), ignoreStoreTimes };
  const { backups, plan } =
    options.ids === undefined || options.ids.length === 0
      ? byPolicy(options.policy ?? {}, input, facts)
      : { backups: byName(options.ids, input, facts), plan: undefined };
  let forgotten: readonly string[] = [...backups.keys()];
  if (!dryRun) {
    await clearForgotten(repository, ctx);
    forgotten = await forgetBackups(repository, { backups }, ctx);
  }
  const unreadable = input.unreadable.filter((id) => !backups.has(id));
  return { ...(plan !== undefined && { plan }), forgotten, unreadable };
}

function byPolicy(policy: RetentionPolicy, { records }: RetentionInput, facts: RetentionFacts) {
  const plan = decideRetention(records, policy, facts);
  const words = formatPolicy(policy);
  const backups = new Map<string, string>();
  for (const { id, keep, reasons } of plan.decisions)
    if (!keep) backups.set(id, `${words}: ${reasons.map(({ text }) => text).join('; ')}`);
  return { plan, backups };
}

function byName(
  texts: readonly string[],
  { records, unreadable, pinned }: RetentionInput,
  facts: RetentionFacts,
): ReadonlyMap<string, string> {
  const ids = [...records.map(({ id }) => id), ...unreadable];
  const backups = new Map(texts.map((text) => [findId(text, ids), 'by name'] as const));
  // A policy that would keep nothing: what is kept all the same is not to be forgotten by name either.
  const { decisions } = decideRetention(records, { last: 1 }, facts);
  for (const { id, reasons } of decisions) {
    const against = reasons.find(({ rule }) => rule === 'pinned' || rule === 'last-verified');
    if (backups.has(id) && against !== undefined) throw kept(id, against.text);
  }
  for (const id of backups.keys()) if (pinned.has(id)) throw kept(id, 'pinned');
  return backups;
}

function kept(id: string, why: string): HoldfastError {
  return new HoldfastError('BACKUP_KEPT', `backup ${id} is kept: ${why}`, { details: { id } });
}

function findId(text: string, ids: readonly string[]): string {
  const found = ids.filter((id) => text !== '' && id.startsWith(text));
  if (found.length === 1) return found[0]!;
  const message =
    found.length === 0 ? `there is no backup ${text}` : `${found.length} backups begin with ${text}`;
  throw new HoldfastError('BACKUP_NOT_FOUND', message, {
    hint: 'What goes is named by its id or the beginning of it: "holdfast backup list" shows them.',
  });
}
