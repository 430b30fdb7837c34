import { randomBytes } from 'node:crypto';
import { equalBytes, type OperationContext, utf8 } from '../../../base/index.ts';
import { type EtcdClient, openEtcdClient } from '../../../etcd/index.ts';
import type { ObjectSource } from '../../objects/source/index.ts';
import { compareHash } from '../../outside-checks/index.ts';
import type { FindingLog } from '../../verify/index.ts';
import type { BootedEtcd, EtcdIdentity } from '../boot/index.ts';
import { checkKeys } from './keys.ts';
import { checkMembers } from './members.ts';

/** What has to be there after a restart. */
export interface BeforeRestart {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly revision: bigint;
  readonly hash: number;
  readonly compactRevision: bigint;
}

/** Writes a key, reads it back, and notes what is there. Errors: those of the calls. */
export async function checkWrite(
  client: EtcdClient,
  log: FindingLog,
): Promise<{ readonly facts: string; readonly before: BeforeRestart }> {
  const key = utf8(`holdfast-drill/${randomBytes(8).toString('hex')}`);
  const value = randomBytes(32);
  const written = (await client.kv.put({ key, value })).header?.revision ?? 0n;
  const { kvs } = await client.kv.range({ key });
  const [found] = kvs;
  if (found === undefined || !equalBytes(found.value, value) || found.modRevision !== written)
    log.fail('write-lost', 'what was written is not what is read');
  const { header, hash, compactRevision } = await client.maintenance.hashKV({});
  const revision = header?.revision ?? 0n;
  return {
    facts: `a key written and read back at revision ${written}`,
    before: { key, value, revision, hash, compactRevision },
  };
}

export interface CheckRestartOptions {
  readonly etcd: BootedEtcd;
  readonly before: BeforeRestart;
  readonly identity: EtcdIdentity;
  readonly source: ObjectSource;
  readonly hasLeases: boolean;
  readonly waitTimeoutMs: number;
}

/** Stops it and starts it again: everything is still there, the key that was written, too. Errors: those of the calls. */
export async function checkRestart(
  options: CheckRestartOptions,
  log: FindingLog,
  ctx: OperationContext,
): Promise<string> {
  const { etcd, before, identity } = options;
  await etcd.restart();
  await using client = openEtcdClient(etcd.client);
  await checkMembers(client, identity, log);
  const { kvs } = await client.kv.range({ key: before.key });
  if (kvs[0] === undefined || !equalBytes(kvs[0].value, before.value))
    log.fail('write-lost', 'the key that was written is gone after the restart');
  await compareHistory(client, options, log, ctx);
  await compareProgress(client, options, log, ctx);
  const { deleted } = await client.kv.deleteRange({ key: before.key });
  if (deleted !== 1n) log.fail('delete-lost', 'the key that was written cannot be deleted');
  return `the same data, members and HashKV after a stop and a start`;
}

async function compareHistory(
  client: EtcdClient,
  { before, waitTimeoutMs }: CheckRestartOptions,
  log: FindingLog,
  ctx: OperationContext,
): Promise<void> {
  const { revision } = (await client.maintenance.status({})).header ?? { revision: 0n };
  if (revision < before.revision) {
    log.fail('revision', `the revision is ${revision} after the restart, and was ${before.revision}`);
    return;
  }
  const expectation = { revision: before.revision, hashes: [before] };
  const options = { who: 'etcd', timeoutMs: waitTimeoutMs };
  const compared = await compareHash(client, expectation, options, ctx);
  if (compared === 'moved-on')
    log.fail('hash-gone', `it gives no HashKV of revision ${revision} after the restart`);
  else if (compared !== undefined)
    log.fail('hash-differs', `the history is another one after the restart: ${compared.differs}`);
}

/** Nobody writes but the drill: what has happened since is that leases have ended, and took their keys along. */
async function compareProgress(
  client: EtcdClient,
  { before, source, hasLeases }: CheckRestartOptions,
  log: FindingLog,
  ctx: OperationContext,
): Promise<void> {
  const { revision } = (await client.maintenance.status({})).header ?? { revision: 0n };
  if (revision <= before.revision) return;
  if (!hasLeases)
    log.fail('revision', `the revision is ${revision} after the restart, and was ${before.revision}`);
  await checkKeys({ client, source, revision, later: { ownKey: before.key } }, log, ctx);
}
