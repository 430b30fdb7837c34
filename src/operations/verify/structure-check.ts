import type { FileSource, OperationContext } from '../../base/index.ts';
import type { Database } from '../../formats/bbolt/index.ts';
import { scanDatabase } from '../scan/index.ts';
import { FindingLog, type VerifyCheck } from './check-report.ts';

export interface StructureCheck {
  readonly check: VerifyCheck;
  /** As `snapshot status` has it; undefined unless the structure is sound. */
  readonly snapshotHash: number | undefined;
}

/** Pages, trees, key order, freelist: everything below etcd. */
export async function checkStructure(
  file: FileSource,
  database: Database,
  ctx: OperationContext,
): Promise<StructureCheck> {
  const log = new FindingLog();
  // Without counting keys: the pass over history does that, and two tables of all keys are one too many.
  const { findings, scan } = await scanDatabase(file, ctx, { keyCountRule: 'all-rows' });
  for (const finding of findings) log.add(finding);
  const { pageCount, pageSize } = database.meta;
  const check = log.check('structure', `${pageCount} pages of ${pageSize} bytes`);
  return { check, snapshotHash: scan?.hash };
}
