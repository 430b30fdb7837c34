import type { OperationContext } from '../../base/index.ts';
import { type EtcdClient, type EtcdClientOptions, openEtcdClient } from '../../etcd/index.ts';
import { formatMemberId } from '../../formats/mvcc/index.ts';
import { type BackupRecord, listBackups, type Repository } from '../../repository/index.ts';
import { chooseEndpoint } from '../save/index.ts';

/** A member that is backed up, as it says itself. */
export interface LiveMember {
  readonly endpoint: string;
  /** How to reach it, and it alone. */
  readonly client: EtcdClientOptions;
  /** Hex, as etcd prints them. */
  readonly clusterId: string;
  readonly memberId: string;
  /** Unknown when it does not know itself: removed, or not published yet. */
  readonly memberName?: string;
  /** Of the server. */
  readonly etcdVersion: string;
  /** Of its store when it was asked. */
  readonly revision: bigint;
  /** All members with client URLs, itself included: URL, and the name. */
  readonly peers: readonly { readonly url: string; readonly name: string }[];
}

/**
 * Chooses the member to back up, as `saveSnapshot` does, and asks who it is.
 * Errors: those of `chooseEndpoint` and of the calls.
 */
export async function meetMember(options: EtcdClientOptions, ctx: OperationContext): Promise<LiveMember> {
  await using client = openEtcdClient({ ...options, signal: ctx.signal, log: ctx.log });
  const [first, ...others] = client.endpoints;
  const { endpoint } = others.length === 0 ? { endpoint: first! } : await chooseEndpoint(client, ctx);
  const { header, version } = await client.maintenance.status({}, { endpoint });
  const { members } = await client.cluster.memberList({ linearizable: false }, { endpoint });
  const name = members.find(({ ID }) => ID === header?.memberId)?.name ?? '';
  return {
    endpoint,
    client: { ...options, endpoints: [endpoint] },
    clusterId: formatMemberId(header?.clusterId ?? 0n),
    memberId: formatMemberId(header?.memberId ?? 0n),
    ...(name !== '' && { memberName: name }),
    etcdVersion: version,
    revision: header?.revision ?? 0n,
    peers: members.flatMap((member) =>
      member.clientURLs.map((url) => ({ url, name: member.name || formatMemberId(member.ID) })),
    ),
  };
}

/**
 * The newest backup of the member's cluster, when the member still holds just what is in it: asked before anything is
 * saved, first for the revision, and for the hash only when that is the same. Undefined when something has changed, or
 * when nobody can say it.
 *
 * Errors: those of the calls and of the store.
 */
export async function findSameBackup(
  repository: Repository,
  member: LiveMember,
  ctx: OperationContext,
): Promise<BackupRecord | undefined> {
  const { backups } = await listBackups(repository, ctx.signal);
  const newest = backups.findLast(
    ({ cluster }) => cluster.clusterId === member.clusterId || cluster.members.includes(member.memberId),
  );
  if (newest?.hashes.kv === undefined || newest.revision !== member.revision) return undefined;
  await using client = openEtcdClient({ ...member.client, signal: ctx.signal, log: ctx.log });
  return (await holdsSame(client, newest)) ? newest : undefined;
}

/** The hash of all, and not at the revision: etcd 3.4 gives none at a revision that was just compacted. */
async function holdsSame(client: EtcdClient, { revision, compactedRevision, hashes }: BackupRecord) {
  const answer = await client.maintenance.hashKV({});
  return (
    answer.header?.revision === revision &&
    answer.compactRevision === compactedRevision &&
    answer.hash === hashes.kv
  );
}
