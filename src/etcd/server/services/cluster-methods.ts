import type { Cluster } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import type { ServiceHandlers } from '../transport/index.ts';
import type { ResponseHeaders } from './response-headers.ts';
import { unsupported } from './status-of.ts';

/**
 * The Cluster service: the members of the file. Each has the URL of this server for its clients, so that whoever
 * follows the list does not end up at the cluster that the backup was taken from.
 */
export function clusterMethods(
  store: EtcdStore,
  headers: ResponseHeaders,
  clientUrl: () => string,
): ServiceHandlers<typeof Cluster> {
  const refuse = () => {
    throw unsupported('members cannot be changed');
  };
  return {
    memberList() {
      const { memberId } = headers.identity;
      const members = store.facts.members.map(({ id, name, peerUrls, isLearner }) => ({
        ID: id,
        name,
        peerURLs: [...peerUrls],
        clientURLs: [clientUrl()],
        isLearner,
      }));
      if (members.length === 0)
        members.push({
          ID: memberId,
          name: 'default',
          peerURLs: [],
          clientURLs: [clientUrl()],
          isLearner: false,
        });
      // etcd tells no revision here.
      return { header: headers.header(0n), members };
    },
    memberAdd: refuse,
    memberRemove: refuse,
    memberUpdate: refuse,
    memberPromote: refuse,
  };
}
