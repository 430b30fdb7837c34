import type { OperationContext } from '../../base/index.ts';
import {
  checkRepository,
  type CheckResult,
  rebuildIndex,
  type RebuildResult,
  type Repository,
} from '../../repository/index.ts';

export interface CheckStoredOptions {
  readonly repository: Repository;
  /** Read every pack in full, and not recipes only. */
  readonly readData?: boolean;
  /** Write the index anew from the packs before anything is checked. */
  readonly rebuildIndex?: boolean;
}

export interface CheckStoredResult {
  readonly ok: boolean;
  readonly check: CheckResult;
  /** None when it was not asked for. */
  readonly rebuilt?: RebuildResult;
}

/** Checks a repository. Damage is a finding, not an error. Errors: REPOSITORY_BUSY, those of the store, INTERRUPTED. */
export async function checkStoredRepository(
  options: CheckStoredOptions,
  ctx: OperationContext,
): Promise<CheckStoredResult> {
  const { repository, readData = false } = options;
  const rebuilt = options.rebuildIndex === true ? await rebuildIndex(repository, ctx) : undefined;
  const check = await checkRepository(repository, { readData: readData ? 1 : 0 }, ctx);
  const ok = check.findings.every(({ severity }) => severity !== 'fail');
  return { ok, check, ...(rebuilt !== undefined && { rebuilt }) };
}
