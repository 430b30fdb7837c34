import type { PruneStoredResult } from '../../../operations/upkeep/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { recordView } from './record-view.ts';

/** What was freed, or would be. */
export function pruneView(result: PruneStoredResult, { dryRun }: { readonly dryRun: boolean }): View {
  const { totals, waiting, missing, deletedPacks: packs, deletedBytes: bytes } = result;
  const repackedBytes = totals?.repackedBytes ?? 0;
  const staying = totals === undefined ? '' : `; ${formatHumanSize(totals.wasteBytes)} of waste stay`;
  const copied = repackedBytes === 0 ? '' : `, ${formatHumanSize(repackedBytes)} of them copied`;
  const deleted = `${dryRun ? 'Would delete' : 'Deleted'} ${packs} ${packs === 1 ? 'pack' : 'packs'}, ${formatHumanSize(bytes)}`;
  const lines = [packs === 0 ? `No pack can go${staying}` : deleted + copied + staying];
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
      { title: 'Repacked bytes', json: 'repackedBytes', value: repackedBytes },
      { title: 'Waste bytes', json: 'wasteBytes', value: totals?.wasteBytes ?? 0 },
      { title: 'Waiting for', json: 'waitingFor', value: waiting?.for ?? '' },
      { title: 'Missing', json: 'missing', value: missing },
    ],
    lines,
  );
}
