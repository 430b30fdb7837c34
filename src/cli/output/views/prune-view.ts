import type { PruneStoredResult } from '../../../operations/upkeep/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { recordView } from './record-view.ts';

/** What was freed, or would be. */
export function pruneView(result: PruneStoredResult, { dryRun }: { readonly dryRun: boolean }): View {
  const { totals, waiting, missing, deletedPacks: packs, deletedBytes: bytes } = result;
  const lines = [`${packs} packs ${dryRun ? 'would be' : 'were'} deleted, ${formatHumanSize(bytes)}`];
  if (totals !== undefined)
    lines.push(
      `${formatHumanSize(totals.repackedBytes)} of them copied, ${formatHumanSize(totals.wasteBytes)} of waste stay`,
    );
  if (waiting?.for === 'writers')
    lines.push(`Not all is deleted yet: a later prune goes on after ${waiting.writers.join('; ')}`);
  if (waiting?.for === 'listings')
    lines.push(
      `Not all is deleted yet: a later prune goes on after ${new Date(waiting.untilMs).toISOString()}`,
    );
  if (missing > 0) lines.push(`${missing} contents that backups need are missing: run "holdfast repo check"`);
  return recordView(
    [
      { title: 'Dry run', json: 'dryRun', value: dryRun },
      { title: 'Deleted packs', json: 'deletedPacks', value: packs },
      { title: 'Deleted bytes', json: 'deletedBytes', value: bytes },
      { title: 'Repacked bytes', json: 'repackedBytes', value: totals?.repackedBytes ?? 0 },
      { title: 'Waste bytes', json: 'wasteBytes', value: totals?.wasteBytes ?? 0 },
      { title: 'Waiting for', json: 'waitingFor', value: waiting?.for ?? '' },
      { title: 'Missing', json: 'missing', value: missing },
    ],
    lines,
  );
}
