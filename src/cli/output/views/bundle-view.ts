import type { FetchedBundle } from '../../../operations/backup/index.ts';
import type { View } from '../view.ts';
import { recordView } from './record-view.ts';

/** What was written of a bundle. */
export function fetchedBundleView({ record, directory, files, bytes, ownersKept }: FetchedBundle): View {
  const lines = [`${files} files that went with backup ${record.id} written below ${directory}`];
  if (!ownersKept) lines.push('They belong to you: only root may give files to their owners.');
  return recordView(
    [
      { title: 'ID', json: 'id', value: record.id },
      { title: 'Directory', json: 'directory', value: directory },
      { title: 'Files', json: 'files', value: files },
      { title: 'Bytes', json: 'bytes', value: bytes },
      { title: 'Owners kept', json: 'ownersKept', value: ownersKept },
    ],
    lines,
  );
}
