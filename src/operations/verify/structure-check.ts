import type { FileSource, OperationContext } from '../../base/index.ts';
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
  // Without counting keys: the pass over history does that, and two tables of all keys are one too many.
  const { findings } = await scanDatabase(file, ctx, { keyCountRule: 'all-rows' });
  for (const finding of findings) log.add(finding);
  const { pageCount, pageSize } = database.meta;
  return log.check('structure', `${pageCount} pages of ${pageSize} bytes`);
}
