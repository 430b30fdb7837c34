import type { Logger } from '../../../base/index.ts';
import type { RecalledRepository } from '../../../operations/repository-memory/index.ts';
import type { Repository, Unlock } from '../../../repository/index.ts';
import type { RateLimits, S3StorageOptions, Storage } from '../../../storage/index.ts';
import { type CommandHost, type FlagValues, type repositoryFlags, usageError } from '../../command/index.ts';
import { readText } from '../../input/index.ts';
import { readUnlock } from './read-unlock.ts';

type Flags = FlagValues<typeof repositoryFlags>;

/** An open repository with the store under it; disposing it closes the store. */
export interface RepositoryAccess extends AsyncDisposable {
  readonly repository: Repository;
  readonly storage: Storage;
  /** What it was opened with. */
  readonly unlock: Unlock;
  /** How it differs from what this host has seen of it; a warning of that has been given. */
  readonly recalled: RecalledRepository;
}

/** Where the repository is. Errors: USAGE when nothing says it. */
export function storageLocation(flags: Pick<Flags, 'repo'>): string {
  if (flags.repo !== undefined) return flags.repo;
  throw usageError(
    'no repository was given',
    'Set HOLDFAST_REPOSITORY, or give --repo: a directory, or s3://BUCKET/PREFIX.',
  );
}

interface OpenStorageChoices {
  /** Where; by default what the flags say. */
  readonly location?: string;
  /** Makes a directory that is missing. Default false. */
  readonly create?: boolean;
  /** Told when something has to be tried again, which may go on for minutes. */
  readonly log?: Logger;
  readonly retryDeadlineMs?: number;
}

/**
 * Opens the store of the repository, no faster than the limits; network stores are asked again when they falter.
 * Errors: USAGE, those of opening the kind of store.
 */
export async function openStorageOf(
  flags: Flags,
  { location = storageLocation(flags), create = false, log, retryDeadlineMs }: OpenStorageChoices = {},
): Promise<Storage> {
  const { openStorage, parseStorageLocation, rateLimitedStorage, retryingStorage } = await import(
    '../../../storage/index.ts'
  );
  const parsed = parseStorageLocation(location);
  const limits = await rateLimits(flags);
  const storage = await openStorage(parsed, { create, s3: await s3Options(flags) });
  // Each try is traffic, so the limit is inside.
  const paced = limits === undefined ? storage : rateLimitedStorage(storage, limits);
  if (parsed.kind !== 's3') return paced;
  return retryingStorage(paced, {
    ...(retryDeadlineMs !== undefined && { deadlineMs: retryDeadlineMs }),
    onRetry: ({ action, error }) =>
      log?.warn('the store falters: trying again', { action, error: error.message }),
  });
}

/** The limits of the flags; undefined when there is none. Errors: USAGE. */
async function rateLimits(flags: Flags): Promise<RateLimits | undefined> {
  const upload = flags['upload-limit'];
  const download = flags['download-limit'];
  if (upload === undefined && download === undefined) return undefined;
  const { parseByteSize } = await import('../../../operations/config/index.ts');
  const bytesOf = (text: string, flag: string) => {
    const bytes = parseByteSize(text);
    if (bytes !== undefined && bytes > 0) return bytes;
    throw usageError(
      `invalid size "${text}" for --${flag}`,
      'Write how many bytes may pass a second, with a unit, such as 10MiB.',
    );
  };
  return {
    ...(upload !== undefined && { uploadBytesPerSecond: bytesOf(upload, 'upload-limit') }),
    ...(download !== undefined && { downloadBytesPerSecond: bytesOf(download, 'download-limit') }),
  };
}

async function s3Options(flags: Flags): Promise<Omit<S3StorageOptions, 'bucket' | 'prefix'>> {
  const caFile = flags['s3-ca-file'];
  const objectLock = flags['s3-object-lock'] as S3StorageOptions['objectLock'];
  return {
    ...(flags['s3-endpoint'] !== undefined && { endpoint: flags['s3-endpoint'] }),
    ...(flags['s3-region'] !== undefined && { region: flags['s3-region'] }),
    ...(flags['s3-path-style'] && { pathStyle: true }),
    ...(caFile !== undefined && { caPem: await readText(caFile) }),
    ...(objectLock !== undefined && { objectLock }),
  };
}

/**
 * Opens the repository that the flags, the environment or the configuration name, and compares it with what this host
 * has seen of it.
 */
export async function openRepositoryOf(flags: Flags, host: CommandHost): Promise<RepositoryAccess> {
  const { openRepository } = await import('../../../repository/index.ts');
  const { recallRepository } = await import('../../../operations/repository-memory/index.ts');
  const storage = await openStorageOf(flags, { log: host.ctx.log });
  try {
    const unlock = await readUnlock(flags, host);
    let hasNewBackup = false;
    const watched = watchPuts(storage, (name) => (hasNewBackup ||= name.startsWith('backups/')));
    const repository = await openRepository(watched, { unlock }, host.ctx);
    const directory = flags['memory-dir'] || undefined;
    const seen = { repository, root: host.root, ...(directory !== undefined && { directory }) };
    const recalled = await recallRepository(seen, host.ctx);
    const close = async () => {
      // What was just made is remembered, too; what had to be said has been.
      if (hasNewBackup && !host.ctx.signal.aborted)
        await recallRepository(seen, { ...host.ctx, events() {} });
      await storage[Symbol.asyncDispose]();
    };
    return { repository, storage, unlock, recalled, [Symbol.asyncDispose]: close };
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** The same store; `tell` hears the name of each object that is put. */
function watchPuts(storage: Storage, tell: (name: string) => void): Storage {
  return {
    location: storage.location,
    capabilities: storage.capabilities,
    putIfAbsent(name, content, options) {
      tell(name);
      return storage.putIfAbsent(name, content, options);
    },
    get: (name, options) => storage.get(name, options),
    stat: (name, options) => storage.stat(name, options),
    list: (prefix, options) => storage.list(prefix, options),
    delete: (name, options) => storage.delete(name, options),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}
