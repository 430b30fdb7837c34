import { type BucketWriter, createDatabaseBuilder } from '../../formats/bbolt/index.ts';
import { type Layout, LayoutWriter, type PageSink } from '../layout/index.ts';
import { readContents, type Repository } from '../open/index.ts';

/** Takes rows, bucket by bucket in byte order of their names, and makes a file of them. */
export interface FileToWrite {
  startBucket(name: Uint8Array, sequence: bigint): BucketWriter;
  /** Returns the size of the file. */
  finish(): number | Promise<number>;
}

/** Fresh pages, as compact as after a defragmentation. */
export function freshFile(write: PageSink): FileToWrite {
  const builder = createDatabaseBuilder({ write });
  return {
    startBucket: (name, sequence) => builder.startBucket(name, sequence),
    finish() {
      const { pageCount, pageSize } = builder.finish();
      return pageCount * pageSize;
    },
  };
}

/** The pages of a layout. Errors: REPOSITORY_DAMAGED, those of `Storage`. */
export function exactFile(
  repository: Repository,
  layout: Layout,
  { write, what, signal }: { readonly write: PageSink; readonly what: string; readonly signal: AbortSignal },
): FileToWrite {
  const writer = new LayoutWriter(layout, write, what);
  const names = layout.pageChunks.map((id) => ({ type: 'pages', id }) as const);
  return {
    startBucket: () => writer.startBucket(),
    finish: () => writer.finish(readContents(repository, names, { signal })),
  };
}
