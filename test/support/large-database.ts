import { utf8 } from '../../src/base/index.ts';
import { encodeKeyValue, encodeRevision } from '../../src/formats/mvcc/index.ts';
import { buildDatabase } from './build-database.ts';

/** A database of 100 MiB in a hundred rows: large enough for a scan to start another thread. */
export function largeDatabase(): Uint8Array {
  const value = new Uint8Array(1 << 20).fill(7);
  const items = Array.from({ length: 100 }, (_, index) => {
    const main = BigInt(index + 2);
    return {
      key: encodeRevision({ main, sub: 0n, tombstone: false }),
      value: encodeKeyValue({
        key: utf8(`key-${index}`),
        createRevision: main,
        modRevision: main,
        version: 1n,
        value,
        lease: 0n,
      }),
    };
  });
  const buckets = ['alarm', 'auth', 'cluster', 'key', 'lease', 'members', 'members_removed', 'meta'].map(
    (name) => ({
      name: utf8(name),
      items: name === 'key' ? items : [],
    }),
  );
  return buildDatabase(buckets);
}
