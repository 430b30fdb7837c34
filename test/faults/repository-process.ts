/**
 * A process at work in a repository on a file system: `repository-process.ts JSON`. It tells each backup that it has
 * made or is about to forget on a line of its own, and at the chosen request to the store sends itself SIGKILL.
 */
import { writeSync } from 'node:fs';
import { hasCode, operationContext } from '../../src/base/index.ts';
import { forgetBackups } from '../../src/repository/forget/index.ts';
import { listBackupIds, openRepository } from '../../src/repository/open/index.ts';
import { pruneRepository } from '../../src/repository/prune/index.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { addSmallBackup } from '../repository/small-backups.ts';

export interface RepositoryWork {
  readonly path: string;
  /** The key of its key file, hex. */
  readonly key: string;
  readonly work:
    | { readonly kind: 'backup'; readonly backups: readonly (readonly number[])[] }
    /** Every n-th backup. */
    | { readonly kind: 'forget'; readonly every: number }
    | { readonly kind: 'prune'; readonly maxRepackBytes: number };
  /** Kills itself at this request, counted from 1 after the repository is open: right before it, or right after. */
  readonly kill?: { readonly at: number; readonly when: 'before' | 'after' };
}

const { path, key, work, kill } = JSON.parse(process.argv[2]!) as RepositoryWork;
const ctx = operationContext();
let requests = -Infinity;

async function counted<T>(request: () => Promise<T>): Promise<T> {
  const isLast = ++requests === kill?.at;
  if (isLast && kill.when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await request();
  if (isLast) process.kill(process.pid, 'SIGKILL');
  return result;
}

function counting(storage: Storage): Storage {
  return {
    ...storage,
    putIfAbsent: (...words) => counted(() => storage.putIfAbsent(...words)),
    get: (...words) => counted(() => storage.get(...words)),
    stat: (...words) => counted(() => storage.stat(...words)),
    delete: (...words) => counted(() => storage.delete(...words)),
  };
}

await using storage = await openStorage({ kind: 'filesystem', path });
const unlock = { kind: 'key-file', key: Uint8Array.from(Buffer.from(key, 'hex')) } as const;
const repository = await openRepository(counting(storage), { unlock }, ctx);
requests = 0;
writeSync(1, 'open\n');
if (work.kind === 'backup')
  for (const chunks of work.backups) writeSync(1, `made ${(await addSmallBackup(repository, chunks)).id}\n`);
else if (work.kind === 'forget') {
  const ids = (await listBackupIds(repository)).filter((_, at) => at % work.every === 0);
  for (const id of ids) writeSync(1, `forgets ${id}\n`);
  await forgetBackups(repository, { backups: new Map(ids.map((id) => [id, 'test'])) }, ctx);
} else
  try {
    const { waiting, deletedPacks } = await pruneRepository(repository, work, ctx);
    writeSync(1, `pruned ${deletedPacks} ${waiting?.for ?? ''}\n`);
  } catch (error) {
    if (!hasCode(error, 'REPOSITORY_BUSY')) throw error;
    writeSync(1, 'busy\n');
  }
