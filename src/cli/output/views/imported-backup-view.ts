import type { ImportIntoRepositoryResult } from '../../../operations/backup/index.ts';
import type { View } from '../view.ts';
import { createdBackupView } from './backup-views.ts';

/** The backup that was made, and what it was made of. */
export function importedBackupView(result: ImportIntoRepositoryResult): View {
  const view = createdBackupView(result);
  const { format, digest, files } = result.imported;
  return {
    ...view,
    simple(output) {
      const had = digest === 'verified' ? 'with its digest' : 'which has no digest';
      output.line(`Read ${files.map(({ path }) => path).join(', ')}: ${format}, ${had}`);
      view.simple(output);
    },
    json: () => ({
      ...(view.json() as object),
      imported: {
        format,
        digest,
        files: files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 })),
      },
    }),
  };
}
