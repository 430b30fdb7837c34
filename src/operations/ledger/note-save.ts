import { isHoldfastError, openFileSource, type OperationContext } from '../../base/index.ts';
import { type Database, openDatabase } from '../../formats/bbolt/index.ts';
import { decodeMember, readStoreRevision } from '../../formats/mvcc/index.ts';
import type { LocalHost } from '../../hosts/index.ts';
import { noteRevision } from './ledger.ts';

/**
 * Tries to note what a saved snapshot tells of the cluster of this host in the ledger beside its data dir. Whoever may
 * save need not be allowed to write there: then it is said, and the save is as good as without.
 */
export async function tryNoteSave(
  machine: LocalHost,
  dataDir: string,
  snapshotPath: string,
  ctx: OperationContext,
): Promise<void> {
  try {
    using file = openFileSource(snapshotPath);
    const database = openDatabase(file);
    const { current: revision } = readStoreRevision(database);
    await noteRevision(machine, dataDir, { revision, source: 'save', memberIds: memberIds(database) }, ctx);
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    ctx.log.warn('the ledger of revisions beside the data dir was not written', { reason: error.message });
  }
}

function memberIds(database: Database): string[] {
  return [...(database.bucket('members')?.entries() ?? [])].map(({ value }) =>
    decodeMember(value).id.toString(16),
  );
}
