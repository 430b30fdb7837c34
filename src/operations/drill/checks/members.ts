import type { EtcdClient } from '../../../etcd/index.ts';
import { formatMemberId } from '../../../formats/mvcc/index.ts';
import type { FindingLog } from '../../verify/index.ts';
import type { EtcdIdentity } from '../boot/index.ts';

/** Cluster, member and list of members are those that were restored. Errors: those of the calls. */
export async function checkMembers(
  client: EtcdClient,
  identity: EtcdIdentity,
  log: FindingLog,
): Promise<string> {
  const { header, members } = await client.cluster.memberList({ linearizable: true });
  const compareId = (what: string, code: string, wanted: bigint | undefined, found: bigint) => {
    if (wanted === undefined || wanted === found) return;
    log.fail(code, `${what} is ${formatMemberId(found)}, not ${formatMemberId(wanted)}`);
  };
  compareId('the cluster', 'cluster-id', identity.clusterId, header?.clusterId ?? 0n);
  compareId('the member that answers', 'member-id', identity.memberId, header?.memberId ?? 0n);
  const found = members.map(({ ID, peerURLs }) => memberText(ID, peerURLs)).sort();
  const wanted = identity.members.map(({ id, peerUrls }) => memberText(id, peerUrls)).sort();
  if (found.join(' ') !== wanted.join(' '))
    log.fail('member-list', `the members are ${found.join(' ')}, not ${wanted.join(' ')}`);
  const cluster = formatMemberId(header?.clusterId ?? 0n);
  return `${members.length} of cluster ${cluster}`;
}

function memberText(id: bigint, peerUrls: readonly string[]): string {
  return `${formatMemberId(id)} (${[...peerUrls].sort().join(',')})`;
}
