import { HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
import {
  deletePins,
  listBackupIds,
  listPins,
  type Pin,
  putPin,
  type Repository,
} from '../../repository/index.ts';
import { chooseBackup } from '../backup/index.ts';

export interface PinBackupOptions {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
  readonly reason: string;
  /**
   * When the pin may be taken away, in milliseconds since the epoch; never without it. It holds until somebody does.
   */
  readonly untilMs?: number;
}

/**
 * Keeps a backup whatever the policy says, until it is unpinned: no clock ends a pin. One that is pinned already gets
 * the new words, and is pinned all the while. Errors: BACKUP_NOT_FOUND, also when it was forgotten meanwhile.
 */
export async function pinBackup(
  { repository, id: text, reason, untilMs }: PinBackupOptions,
  ctx: OperationContext,
): Promise<{ readonly id: string; readonly pin: Pin }> {
  const { id } = await chooseBackup(repository, text, ctx);
  const pin: Pin = {
    at: new Date(ctx.clock.now()).toISOString(),
    reason,
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
  };
  const name = await putPin(repository, id, pin, ctx.signal);
  if (!(await listBackupIds(repository, ctx.signal)).includes(id)) {
    await deletePins(repository, id, { signal: ctx.signal });
    throw new HoldfastError('BACKUP_NOT_FOUND', `backup ${id} was forgotten meanwhile`, { details: { id } });
  }
  await deletePins(repository, id, { before: name, signal: ctx.signal });
  return { id, pin };
}

/** Leaves a backup to the policy again. It is no error when it was not pinned. Errors: those of `chooseBackup`. */
export async function unpinBackup(
  { repository, id: text }: Pick<PinBackupOptions, 'repository' | 'id'>,
  ctx: OperationContext,
): Promise<{ readonly id: string }> {
  const { id } = await chooseBackup(repository, text, ctx);
  await deletePins(repository, id, { signal: ctx.signal });
  return { id };
}

/**
 * Leaves to the policy all backups whose pins are past their ends by the clock here: whoever calls this answers for
 * that clock. Pins without an end, or that cannot be read, stay. Returns the ids.
 */
export async function unpinEnded(
  { repository }: Pick<PinBackupOptions, 'repository'>,
  ctx: OperationContext,
): Promise<{ readonly ids: readonly string[] }> {
  const nowMs = ctx.clock.now();
  const pins = new Map<string, { readonly names: string[]; holds: boolean }>();
  for (const { name, statement } of await listPins(repository, ctx.signal)) {
    const id = name.split('/')[1]!;
    const hasEnded =
      !isHoldfastError(statement) && statement.until !== undefined && Date.parse(statement.until) < nowMs;
    const found = pins.get(id) ?? { names: [], holds: false };
    pins.set(id, found);
    found.names.push(name);
    found.holds ||= !hasEnded;
  }
  const ended = [...pins].filter(([, { holds }]) => !holds);
  // These and no others: one that came since the look has not ended.
  for (const [, { names }] of ended)
    for (const name of names) await repository.storage.delete(name, { signal: ctx.signal });
  const ids = ended.map(([id]) => id);
  return { ids };
}
