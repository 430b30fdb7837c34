import type { ForgetStoredResult, VerifyBackupResult } from '../../../operations/upkeep/index.ts';
import type { View } from '../view.ts';
import { rowsView } from './rows-view.ts';

/**
 * A line for each backup, and one for each thing that was found.
 * @param seed what chose the packs, where only a share was read
 */
export function verifiedBackupsView(verified: readonly VerifyBackupResult[], seed: number | undefined): View {
  const rows = verified.flatMap(({ id, result }) => [
    [id, result.verdict, result.checked.join(', ')],
    ...result.findings.map(({ severity, message }) => ['', severity, message]),
  ]);
  const failed = verified.filter(({ result }) => result.verdict === 'failed').length;
  return rowsView({
    header: ['id', 'verdict', 'checked'],
    rows,
    json: {
      ok: failed === 0,
      ...(seed !== undefined && { seed }),
      backups: verified.map(({ id, result, kept }) => ({
        id,
        kept,
        verdict: result.verdict,
        at: result.at,
        tookMs: result.tookMs,
        checked: [...result.checked],
        findings: result.findings.map(({ severity, code, message }) => ({ severity, code, message })),
      })),
    },
    lines: [
      ...(failed === 0 ? [] : [`${failed} of ${verified.length} backups failed`]),
      ...(seed === undefined ? [] : [`The packs were chosen with --seed ${seed}`]),
    ],
  });
}

/** What was decided on each backup, and why. */
export function forgottenView(
  { plan, forgotten, unreadable }: ForgetStoredResult,
  { dryRun }: { readonly dryRun: boolean },
): View {
  const decisions = plan?.decisions ?? [];
  const rows =
    plan === undefined
      ? forgotten.map((id) => [id, '', 'forget', 'by name'])
      : decisions.map(({ id, createdAtMs, keep, reasons }) => [
          id,
          timeText(createdAtMs),
          keep ? 'keep' : 'forget',
          reasons.map(({ text }) => text).join('; '),
        ]);
  const total = decisions.length === 0 ? '' : ` of ${decisions.length}`;
  const warnings = plan?.warnings ?? [];
  return rowsView({
    header: ['id', 'created', 'decision', 'why'],
    rows,
    json: {
      dryRun,
      decisions: decisions.map(({ id, cluster, createdAtMs, keep, reasons }) => ({
        ...{ id, cluster, createdAt: timeText(createdAtMs), keep },
        reasons: reasons.map(({ rule, text }) => ({ rule, text })),
      })),
      forgotten: [...forgotten],
      unreadable: [...unreadable],
      warnings: warnings.map(({ code, message }) => ({ code, message })),
    },
    lines: [
      ...warnings.map(({ message }) => `warning: ${message}`),
      ...unreadable.map((id) => `${id} stays: its record cannot be read`),
      dryRun
        ? `${forgotten.length}${total} backups would be forgotten`
        : `${forgotten.length}${total} backups forgotten; "holdfast backup prune" frees their space`,
    ],
  });
}

function timeText(timeMs: number): string {
  return Number.isFinite(timeMs) && Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : 'unknown';
}
