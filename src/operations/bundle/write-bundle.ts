import {
  chmod,
  type FileHandle,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import {
  errnoOf,
  fileError,
  HoldfastError,
  openPrivateDirectory,
  type OperationContext,
  syncDirectory,
  throwIfInterrupted,
} from '../../base/index.ts';
import {
  type BackupRecord,
  type BundleDirectory,
  type BundleFile,
  type BundleList,
  readBundleFile,
  readBundleList,
  type Repository,
} from '../../repository/index.ts';

export interface WriteBundleOptions {
  readonly repository: Repository;
  readonly record: Pick<BackupRecord, 'id' | 'bundle'>;
  /** Where `/` of the host will be: a directory that is not there yet, or is empty. */
  readonly directory: string;
}

export interface WrittenBundle {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  /** False when whoever runs this may not give files away: everything belongs to him then. */
  readonly ownersKept: boolean;
}

/**
 * Writes the bundle of a backup as a tree, with modes, times and, where that is allowed, owners. The directory (0700)
 * appears when all of it is written and checked. Nothing is written outside of it: links are made last, and lead to
 * where they led on the host, seen from the top of the tree. What killed runs left of the same directory is removed.
 *
 * Errors: BUNDLE_NOT_FOUND, REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_DAMAGED, FILE_EXISTS,
 * WRITE_FAILED, DISK_FULL, those of `Storage`, INTERRUPTED.
 */
export async function writeBundle(
  { repository, record, directory }: WriteBundleOptions,
  ctx: OperationContext,
): Promise<WrittenBundle> {
  const list = await readBundleList(repository, record, ctx.signal);
  if (list === undefined)
    throw new HoldfastError('BUNDLE_NOT_FOUND', `backup ${record.id} was made without a bundle`);
  const target = resolve(directory);
  await requireFree(target);
  // Beside the target, so that it can be renamed.
  const prefix = `.${basename(target)}.part-`;
  await using temporary = await openPrivateDirectory(dirname(target), prefix, 'bundle fetch', ctx);
  const ownersKept = await new TreeWriter(repository, temporary.path, ctx).write(list);
  await syncDirectory(temporary.path);
  await moveInto(temporary.path, target);
  const bytes = list.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { directory, files: list.files.length, bytes, ownersKept };
}

async function requireFree(target: string): Promise<void> {
  try {
    // A link is not followed: what it leads to was not named.
    const isEmpty = (await lstat(target)).isDirectory() && (await readdir(target)).length === 0;
    if (!isEmpty)
      throw new HoldfastError('FILE_EXISTS', `${target} exists`, {
        hint: 'Name a directory that is not there yet, or is empty.',
        details: { path: target },
      });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error instanceof HoldfastError ? error : fileError(error, 'open', target);
  }
}

async function moveInto(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
    await syncDirectory(dirname(target));
  } catch (error) {
    throw fileError(error, 'create', target);
  }
}

class TreeWriter {
  readonly #repository: Repository;
  readonly #top: string;
  readonly #ctx: OperationContext;
  #ownersKept = true;

  constructor(repository: Repository, top: string, ctx: OperationContext) {
    this.#repository = repository;
    this.#top = top;
    this.#ctx = ctx;
  }

  /** Whether everything has the owner that it had. */
  async write({ directories, files, links }: BundleList): Promise<boolean> {
    const places = [...files, ...links].map(({ path }) => dirname(path));
    for (const path of [...directories.map((directory) => directory.path), ...places])
      await this.#at(path, (at) => mkdir(at, { recursive: true, mode: 0o700 }));
    for (const file of files) {
      throwIfInterrupted(this.#ctx.signal);
      const content = await readBundleFile(this.#repository, file, this.#ctx.signal);
      await this.#at(file.path, (at) => this.#writeFile(at, file, content));
    }
    for (const { path, target } of links) {
      const inside = posix.relative(posix.dirname(path), posix.resolve('/', posix.dirname(path), target));
      await this.#at(path, (at) => symlink(inside === '' ? '.' : inside, at));
    }
    // The deepest first: a directory that may not be written to has all that belongs in it by then.
    for (const directory of directories.toSorted((a, b) => b.path.length - a.path.length))
      await this.#at(directory.path, (at) => this.#finishDirectory(at, directory));
    return this.#ownersKept;
  }

  async #at(path: string, work: (at: string) => Promise<unknown>): Promise<void> {
    const at = join(this.#top, path);
    try {
      await work(at);
    } catch (error) {
      throw fileError(error, 'create', at);
    }
  }

  async #writeFile(at: string, { mode, uid, gid, mtimeMs }: BundleFile, content: Uint8Array): Promise<void> {
    await using handle: FileHandle = await open(at, 'wx', 0o600);
    await handle.writeFile(content);
    await this.#giveTo(() => handle.chown(uid, gid));
    await handle.chmod(mode);
    await handle.utimes(mtimeMs / 1000, mtimeMs / 1000);
    await handle.sync();
  }

  async #finishDirectory(at: string, { mode, uid, gid }: BundleDirectory): Promise<void> {
    await this.#giveTo(() => lchown(at, uid, gid));
    await chmod(at, mode);
  }

  async #giveTo(give: () => Promise<void>): Promise<void> {
    if (!this.#ownersKept) return;
    try {
      await give();
    } catch (error) {
      // EINVAL: an owner that this user namespace does not know.
      if (errnoOf(error) !== 'EPERM' && errnoOf(error) !== 'EINVAL') throw error;
      this.#ownersKept = false;
    }
  }
}
