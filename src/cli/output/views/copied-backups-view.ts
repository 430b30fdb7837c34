import type { CopyBackupResult } from '../../../operations/backup/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { rowsView } from './rows-view.ts';

/** A line for each backup that was to be copied. */
export function copiedBackupsView(results: readonly CopyBackupResult[]): View {
  const copied = results.filter((result) => result.copied).length;
  return rowsView({
    header: ['id', 'copied', 'new', 'stored'],
    rows: results.map((result) => {
      const { id, stored } = result.record;
      const sizes = [stored.newBytes, stored.uploadedBytes].map((bytes) => formatHumanSize(bytes));
      return result.copied ? [id, 'yes', ...sizes] : [id, 'was there', '', ''];
    }),
    json: {
      backups: results.map(({ record, copied: isNew, tookMs }) => ({
        id: record.id,
        copied: isNew,
        newBytes: isNew ? record.stored.newBytes : 0,
        uploadedBytes: isNew ? record.stored.uploadedBytes : 0,
        tookMs: Math.round(tookMs),
      })),
    },
    lines: [`${copied} of ${results.length} backups copied`],
  });
}
