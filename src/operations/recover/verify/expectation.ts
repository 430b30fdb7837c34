import { openFileSource, type OperationContext } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import { type Expectation, readExpectation } from '../../outside-checks/index.ts';

/** Under which name the journal keeps what the restored cluster must answer. */
export const expectationFact = 'expectation';

/** Reads the staged database before any server has touched it. Errors: those of reading it, RECORD_INVALID. */
export async function expectFromStaged(dataDir: string, ctx: OperationContext): Promise<Expectation> {
  using file = openFileSource(databasePath(dataDir));
  return await readExpectation(openDatabase(file), file.sizeBytes, ctx);
}
