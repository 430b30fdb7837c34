import { type FileSource, hasCode, type OperationContext } from '../../base/index.ts';
import type { Database } from '../../formats/bbolt/index.ts';
import { scanDatabase } from '../scan/index.ts';
import { FindingLog, type VerifyCheck } from './check-report.ts';

/** Pages, trees, key order, freelist: everything below etcd. */
export async function checkStructure(
  file: FileSource,
  database: Database,
  ctx: OperationContext,
): Promise<VerifyCheck> {
  const log = new FindingLog();
  try {
    const { findings } = await scanDatabase(file, ctx);
    for (const finding of findings) log.add(finding);
  } catch (error) {
    // Sound pages with a row that is no record of etcd: that belongs to the checks of records.
    if (!hasCode(error, 'RECORD_INVALID')) throw error;
  }
  const { pageCount, pageSize } = database.meta;
  return log.check('structure', `${pageCount} pages of ${pageSize} bytes`);
}
