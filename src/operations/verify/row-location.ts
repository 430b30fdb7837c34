import { type Finding, formatHex } from '../../base/index.ts';

/** Where a row of bucket `key` is: its row key, which tells the revision and nothing of the user's key or value. */
export function locate(rowKey: Uint8Array): NonNullable<Finding['where']> {
  return locateIn('key', rowKey);
}

/** Where a row of any bucket is; its key in hex, cut when long. */
export function locateIn(bucket: string, rowKey: Uint8Array): NonNullable<Finding['where']> {
  return { bucket, row: formatHex(rowKey.subarray(0, 64)) };
}
