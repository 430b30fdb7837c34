import { create } from '@bufbuild/protobuf';
import { WireWriter } from '../../../base/index.ts';
import { clusterIdOf, memberIdOf } from '../../../formats/data-dir/index.ts';
import { type ResponseHeader, ResponseHeaderSchema } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';

/** Who answers. */
export interface ServerIdentity {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly raftTerm: bigint;
}

/**
 * The first member that the file names; the cluster id is derived from the ids of all as etcd derives it, because it is
 * in no database. A file without members is served as the single member that etcd is by default.
 */
export function identityOf({ facts }: EtcdStore): ServerIdentity {
  const ids = facts.members.map(({ id }) => id);
  const memberId = ids[0] ?? memberIdOf(['http://localhost:2380'], 'etcd-cluster');
  return {
    memberId,
    clusterId: clusterIdOf(ids.length > 0 ? ids : [memberId]),
    // A server that answers has been elected in some term.
    raftTerm: facts.term > 0n ? facts.term : 1n,
  };
}

export interface ResponseHeaders {
  readonly identity: ServerIdentity;
  /** The header of a reply that stands for a revision; the current one by default. */
  readonly header: (revision?: bigint) => ResponseHeader;
  /** The same, encoded. */
  readonly encoded: (revision: bigint) => Uint8Array;
}

export function responseHeaders(store: EtcdStore): ResponseHeaders {
  const identity = identityOf(store);
  const { clusterId, memberId, raftTerm } = identity;
  return {
    identity,
    header: (revision = store.currentRevision) =>
      create(ResponseHeaderSchema, { clusterId, memberId, revision, raftTerm }),
    encoded(revision) {
      const writer = new WireWriter().varint(1, clusterId).varint(2, memberId);
      if (revision !== 0n) writer.varint(3, revision);
      return writer.varint(4, raftTerm).finish();
    },
  };
}
