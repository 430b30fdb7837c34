import type { OperationContext } from '../../base/index.ts';
import {
  type CheckFinding,
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
  /** Ids of backups that are known to have been there and are gone: `recallRepository` tells. */
  readonly gone?: readonly string[];
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
  const { repository, readData = false, gone = [] } = options;
  const rebuilt = options.rebuildIndex === true ? await rebuildIndex(repository, ctx) : undefined;
  const checked = await checkRepository(repository, { readData: readData ? 1 : 0 }, ctx);
  const findings = [
    ...checked.findings,
    ...unreadablePacks(rebuilt, checked.findings),
    ...goneBackups(gone, checked.findings),
  ];
  const ok = findings.every(({ severity }) => severity !== 'fail');
  const brokenBackups = [...new Set([...checked.brokenBackups, ...gone])].sort();
  return { ok, check: { ...checked, findings, brokenBackups }, ...(rebuilt !== undefined && { rebuilt }) };
}

/** Those that no other backup knows of either. */
function goneBackups(gone: readonly string[], findings: readonly CheckFinding[]): readonly CheckFinding[] {
  const told = new Set(findings.map(({ object }) => object));
  return gone
    .map((id) => ({ id, object: `backups/${id}` }))
    .filter(({ object }) => !told.has(object))
    .map(({ id, object }) => ({
      ...{ severity: 'fail', code: 'record-missing', object },
      message: `${object} is gone, and was not forgotten: this host has seen it`,
      backups: [id],
    }));
}

/** Packs that a rebuild could not read and that nothing else is said about but that no segment names them. */
function unreadablePacks(
  rebuilt: RebuildResult | undefined,
  findings: readonly CheckFinding[],
): readonly CheckFinding[] {
  const told = new Set(findings.flatMap(({ severity, object }) => (severity === 'fail' ? [object] : [])));
  return (rebuilt?.unreadable ?? [])
    .filter(({ name }) => !told.has(name))
    .map(({ name, why }) => ({
      ...{ severity: 'fail', code: 'pack-unreadable', object: name },
      message: `${name} cannot be read for the index: ${withoutName(why, name)}`,
      backups: [],
    }));
}

function withoutName(why: string, name: string): string {
  return why.startsWith(`${name}: `) ? why.slice(name.length + 2) : why;
}
