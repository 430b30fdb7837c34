import { crc32c, SliceMeter, type Steps } from '../../base/index.ts';
import type { Database } from '../../formats/bbolt/index.ts';
import {
  keyCountRule,
  type KeyCountRule,
  readStorageVersion,
  statusNumbersSteps,
} from '../../formats/mvcc/index.ts';
import type { DatabaseScan } from './database-scan.ts';

/**
 * The plain way through a sound database, row by row in tree order. Throws RECORD_INVALID, and DATABASE_CORRUPT when
 * the file is not sound after all.
 */
export function* plainScanSteps(
  database: Database,
  rule: KeyCountRule = keyCountRule(database),
): Steps<DatabaseScan> {
  const version = readStorageVersion(database)?.text;
  if (rule === 'live-keys') {
    const { hash, liveKeys } = yield* statusNumbersSteps(database);
    return { hash, keyCountRule: rule, totalKeys: liveKeys, version };
  }
  const { hash, rows } = yield* hashRowsSteps(database);
  return { hash, keyCountRule: rule, totalKeys: rows, version };
}

/** Etcd 3.4 and 3.5 count rows without a look into them: a row that is no record is no error there. */
function* hashRowsSteps(database: Database): Steps<{ hash: number; rows: number }> {
  const meter = new SliceMeter();
  let hash = 0;
  let rows = 0;
  for (const bucket of database.buckets()) {
    hash = crc32c(bucket.name, hash);
    for (const { key, value } of bucket.entries()) {
      hash = crc32c(value, crc32c(key, hash));
      rows++;
      if (meter.count(key.length + value.length)) yield meter.doneBytes;
    }
  }
  return { hash, rows };
}
