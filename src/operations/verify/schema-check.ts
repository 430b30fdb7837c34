/** The buckets that etcd needs, and the records of `meta`. */
import { displayText, utf8 } from '../../base/index.ts';
import {
  bucketNames,
  decodeCompactionMark,
  decodeConfState,
  decodeUint64Record,
  decodeVersionRecord,
  type KeyValueStoreFile,
  metaKeys,
} from '../../formats/mvcc/index.ts';
import { counted, FindingLog, type VerifyCheck } from './check-report.ts';

export function checkSchema(store: KeyValueStoreFile): VerifyCheck {
  const log = new FindingLog();
  let facts = '';
  log.guard(() => {
    const buckets = checkBuckets(store, log);
    facts = [counted(buckets, 'bucket'), ...checkMeta(store, log)].join(', ');
  });
  return log.check('schema', facts);
}

function checkBuckets(store: KeyValueStoreFile, log: FindingLog): number {
  const found = new Set<string>();
  for (const { name } of store.buckets()) found.add(displayText(name));
  for (const name of bucketNames) {
    if (found.has(name)) continue;
    const message = `bucket "${name}" is missing`;
    if (name === 'key' || name === 'meta') log.fail('bucket-missing', message, { bucket: name });
    else log.warn('bucket-missing', message, { bucket: name });
  }
  const known = new Set<string>(bucketNames);
  for (const name of found) {
    if (!known.has(name))
      log.warn('bucket-unknown', 'a bucket that etcd 3.4 to 3.7 does not have', { bucket: name });
  }
  return found.size;
}

/** Returns facts for the summary. */
function checkMeta(store: KeyValueStoreFile, log: FindingLog): string[] {
  const meta = store.bucket('meta');
  if (meta === undefined) return [];
  const facts: string[] = [];
  const record = <T>(key: string, decode: (bytes: Uint8Array, record: string) => T): T | undefined => {
    const bytes = meta.get(utf8(key));
    let value: T | undefined;
    if (bytes !== undefined) log.guard(() => (value = decode(bytes, `meta/${key}`)));
    return value;
  };
  const has = (key: string) => meta.get(utf8(key)) !== undefined;
  const index = record(metaKeys.consistentIndex, decodeUint64Record);
  if (index !== undefined) facts.push(`consistent index ${index}`);
  if (!has(metaKeys.consistentIndex)) checkMissingIndex(store, log);
  const term = record(metaKeys.term, decodeUint64Record);
  if (term !== undefined) facts.push(`term ${term}`);
  record(metaKeys.confState, decodeConfState);
  record(metaKeys.storageVersion, decodeVersionRecord);
  record(metaKeys.scheduledCompactRevision, decodeCompactionMark);
  record(metaKeys.finishedCompactRevision, decodeCompactionMark);
  if (!has(metaKeys.term) && has(metaKeys.storageVersion)) {
    log.warn('term-missing', 'meta/term is missing although etcd 3.6 or later wrote this file');
  }
  return facts;
}

/** etcd 3.4 stores the index along with the first write of a key, so a fresh store has none. */
function checkMissingIndex(store: KeyValueStoreFile, log: FindingLog): void {
  const message = 'meta/consistent_index is missing: a restore has to set it';
  if (store.bucket('key')?.last() === undefined) log.note('consistent-index-missing', message);
  else log.warn('consistent-index-missing', message);
}
