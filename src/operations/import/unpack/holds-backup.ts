import type { ContentKind } from '../../../formats/archive/index.ts';

/** Whether bytes of this kind are a backup, or something that may have one inside. */
export function holdsBackup(kind: ContentKind): boolean {
  return !['empty', 'unknown', 'zlib'].includes(kind);
}
