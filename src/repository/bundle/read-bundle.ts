import { createHash } from 'node:crypto';
import { damaged } from '../failures.ts';
import { requireUse } from '../keys/index.ts';
import type { Repository } from '../open/index.ts';
import { type BackupRecord, recordName } from '../records/index.ts';
import { decodeBundleList } from './bundle-list.ts';
import type { BundleFile, BundleList } from './bundle-tree.ts';

/**
 * What the bundle of a backup holds; undefined for a backup without one.
 * Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN, those of `Storage`.
 */
export async function readBundleList(
  repository: Repository,
  { id, bundle }: Pick<BackupRecord, 'id' | 'bundle'>,
  signal?: AbortSignal,
): Promise<BundleList | undefined> {
  if (bundle === undefined) return undefined;
  requireUse(repository.keys.secrets, 'bundle');
  const what = `the bundle list of ${recordName(id)}`;
  const content = await repository.getContent('bundleList', bundle.list, signal);
  if (createHash('sha256').update(content).digest('hex') !== bundle.sha256)
    throw damaged(what, 'is not the one that the record names');
  const list = decodeBundleList(content, what);
  if (list.files.length !== bundle.files)
    throw damaged(what, `has ${list.files.length} files instead of ${bundle.files}`);
  return list;
}

/** The content of a file of a bundle. The bytes are the caller's. Errors: as `readBundleList`. */
export async function readBundleFile(
  repository: Repository,
  file: BundleFile,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  requireUse(repository.keys.secrets, 'bundle');
  const content = await repository.getContent('bundleFile', file.id, signal);
  const isSame =
    content.length === file.sizeBytes && createHash('sha256').update(content).digest('hex') === file.sha256;
  if (!isSame) throw damaged(file.path, 'is not the file that the bundle lists');
  return content;
}
