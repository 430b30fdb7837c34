import { createHash } from 'node:crypto';
import { contentIds } from '../keys/index.ts';
import type { Repository } from '../open/index.ts';
import { pieceTypes } from '../pack/index.ts';
import type { BackupBundle } from '../records/index.ts';
import { ContentStore } from '../store-database/index.ts';
import { encodeBundleList } from './bundle-list.ts';
import type { BundleTree } from './bundle-tree.ts';

/** A bundle that is ready to be stored: the same for the same files. */
export interface PreparedBundle {
  /** What the record of the backup says of it. */
  readonly bundle: BackupBundle;
  /** Contents with their ids; the list comes last. */
  readonly contents: readonly {
    readonly type: 'bundleFile' | 'bundleList';
    readonly id: Uint8Array;
    readonly content: Uint8Array;
  }[];
}

export interface StoredBundle {
  readonly bundle: BackupBundle;
  /** Packs and index segments. */
  readonly uploadedBytes: number;
}

/** Names the contents of a bundle and makes its list. Nothing is stored. The tree's bytes are kept. */
export function prepareBundle(repository: Repository, tree: BundleTree): PreparedBundle {
  const idOf = contentIds(repository.keys.secrets.control);
  const files = tree.files.map(({ content, ...file }) => ({
    ...file,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    id: idOf(pieceTypes.bundleFile, content),
  }));
  const content = encodeBundleList({ ...tree, files });
  const list = idOf(pieceTypes.bundleList, content);
  return {
    bundle: {
      list,
      files: files.length,
      bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      sha256: createHash('sha256').update(content).digest('hex'),
    },
    contents: [
      ...tree.files.map((file, at) => ({
        type: 'bundleFile' as const,
        id: files[at]!.id,
        content: file.content,
      })),
      { type: 'bundleList', id: list, content },
    ],
  };
}

/**
 * Stores what the repository lacks of a bundle, sealed under the bundle key; no key but the control secret is needed.
 * The writer's session has to be there, and the index has been loaded under it, as `storeDatabase` does.
 * Errors: those of `Storage`, INTERRUPTED.
 */
export async function storeBundle(
  repository: Repository,
  { bundle, contents }: PreparedBundle,
  { avoidedPacks, signal }: { readonly avoidedPacks: ReadonlySet<string>; readonly signal: AbortSignal },
): Promise<StoredBundle> {
  const store = await ContentStore.open(repository, avoidedPacks, signal, { loadedIndex: true });
  try {
    for (const { type, id, content } of contents) await store.add(type, id, content);
    const { uploadedBytes } = await store.finish();
    return { bundle, uploadedBytes };
  } catch (error) {
    await store.abandon();
    throw error;
  }
}
