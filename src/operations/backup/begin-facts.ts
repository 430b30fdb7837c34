import { openFileSource, type OperationContext } from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import { type BackupFacts, readBackupFacts } from './backup-facts.ts';

/** Facts that are being read. The file stays open until they are disposed of, which ends the reading and waits for that. */
export interface BegunFacts extends AsyncDisposable {
  /** Settles as `readBackupFacts` does; nobody has to wait for it. */
  readonly facts: Promise<BackupFacts>;
}

/**
 * Begins to check a file while the repository is still being opened: a passphrase becomes a key on another thread, and
 * takes half a second.
 */
export function beginBackupFacts(
  path: string,
  { skipDigest = false }: { readonly skipDigest?: boolean },
  ctx: OperationContext,
): BegunFacts {
  const end = new AbortController();
  const signal = AbortSignal.any([ctx.signal, end.signal]);
  const opened = new DisposableStack();
  const facts = readFacts(path, skipDigest, opened, { ...ctx, signal });
  // Whoever creates the backup sees the failure; without the repository nobody does.
  const settled = facts.then(
    () => {},
    () => {},
  );
  return {
    facts,
    async [Symbol.asyncDispose]() {
      end.abort();
      await settled;
      opened.dispose();
    },
  };
}

async function readFacts(
  path: string,
  skipDigest: boolean,
  opened: DisposableStack,
  ctx: OperationContext,
): Promise<BackupFacts> {
  const file = opened.use(openFileSource(path));
  requireWholeFile(file);
  return await readBackupFacts(path, { file, database: openDatabase(file) }, { skipDigest }, ctx);
}
