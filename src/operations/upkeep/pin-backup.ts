import type { OperationContext } from '../../base/index.ts';
import { deletePin, findBackup, type Pin, putPin, type Repository } from '../../repository/index.ts';

export interface PinBackupOptions {
  readonly repository: Repository;
  /** An id, its beginning, or `latest`. */
  readonly id: string;
  readonly reason: string;
  /** Until when, in milliseconds since the epoch; for ever without it. */
  readonly untilMs?: number;
}

/** Keeps a backup whatever the policy says. One that is pinned already gets the new words. Errors: BACKUP_NOT_FOUND. */
export async function pinBackup(
  { repository, id: text, reason, untilMs }: PinBackupOptions,
  ctx: OperationContext,
): Promise<{ readonly id: string; readonly pin: Pin }> {
  const { id } = await findBackup(repository, text, ctx.signal);
  const pin: Pin = {
    at: new Date(ctx.clock.now()).toISOString(),
    reason,
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
  };
  // No object changes under its name: the old pin goes first.
  await deletePin(repository, id, ctx.signal);
  await putPin(repository, id, pin, ctx.signal);
  return { id, pin };
}

/** Leaves a backup to the policy again. It is no error when it was not pinned. Errors: BACKUP_NOT_FOUND. */
export async function unpinBackup(
  { repository, id: text }: Pick<PinBackupOptions, 'repository' | 'id'>,
  ctx: OperationContext,
): Promise<{ readonly id: string }> {
  const { id } = await findBackup(repository, text, ctx.signal);
  await deletePin(repository, id, ctx.signal);
  return { id };
}
