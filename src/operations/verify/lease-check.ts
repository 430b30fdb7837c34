/** Bucket `lease`, and the leases that living keys hang on. */
import {
  decodeLease,
  decodeLeaseKey,
  type KeyValueStoreFile,
  type StoreEntry,
} from '../../formats/mvcc/index.ts';
import { counted, FindingLog, type VerifyCheck } from './check-report.ts';
import type { KeyHistories } from './key-histories.ts';
import { locateIn } from './row-location.ts';

export function checkLeases(store: KeyValueStoreFile, histories: KeyHistories): VerifyCheck {
  const log = new FindingLog();
  let leases = 0;
  let leasedKeys = 0;
  log.guard(() => {
    const bucket = store.bucket('lease');
    for (const entry of bucket?.entries() ?? []) {
      leases++;
      checkLease(entry, log);
    }
    for (const { leaseKey, keys } of histories.usedLeases()) {
      leasedKeys += keys;
      if (bucket?.get(leaseKey) !== undefined) continue;
      // etcd logs this at start and goes on; the key then stays for ever.
      const message = `${counted(keys, 'key')} will never expire: the lease does not exist`;
      log.warn('lease-missing', message, locateIn('lease', leaseKey));
    }
  });
  return log.check('leases', `${counted(leases, 'lease')}, ${counted(leasedKeys, 'key')} attached`);
}

function checkLease({ key, value }: StoreEntry, log: FindingLog): void {
  log.guard(() => {
    const id = decodeLeaseKey(key);
    const lease = decodeLease(value);
    const where = locateIn('lease', key);
    if (lease.id !== id) log.fail('lease-id', 'a lease has another id than its row', where);
    if (lease.ttlSeconds <= 0n) log.warn('lease-ttl', 'a lease has no time to live', where);
  });
}
