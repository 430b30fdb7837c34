import type { OperationContext } from '../../../base/index.ts';
import type { EtcdClient } from '../../../etcd/index.ts';
import { compareHash, countKeys, type Expectation } from '../../outside-checks/index.ts';
import type { FindingLog } from '../../verify/index.ts';

/** Revision and number of keys. Errors: those of the calls. */
export async function checkRevision(
  client: EtcdClient,
  { revision, keyCount }: Expectation,
  { hasLeases }: { readonly hasLeases: boolean },
  log: FindingLog,
): Promise<string> {
  const { header } = await client.maintenance.status({});
  const current = header?.revision ?? 0n;
  if (current < revision) log.fail('revision', `the revision is ${current}, not ${revision}`);
  else if (current > revision && !hasLeases)
    log.fail('revision', `the revision is ${current} already, not ${revision}`);
  else if (current > revision)
    log.note('lease-ended', `leases that ended have moved the revision on to ${current}`);
  const count = await countKeys(client, revision);
  if (count !== keyCount) log.fail('key-count', `${count} keys at revision ${revision}, not ${keyCount}`);
  return `revision ${revision}, ${keyCount} keys`;
}

/** HashKV over the whole history. Errors: those of `compareHash`. */
export async function checkHistory(
  client: EtcdClient,
  expectation: Expectation,
  { waitTimeoutMs: timeoutMs }: { readonly waitTimeoutMs: number },
  log: FindingLog,
  ctx: OperationContext,
): Promise<string> {
  const compared = await compareHash(client, expectation, { who: 'etcd', timeoutMs }, ctx);
  const { revision, hashes } = expectation;
  if (compared === 'moved-on') {
    log.fail('hash-gone', `it gives no HashKV of revision ${revision}`);
    return '';
  }
  if (compared !== undefined) log.fail('hash-differs', `the history is another one: ${compared.differs}`);
  return `HashKV ${hashes[0]!.hash} at revision ${revision}`;
}
