/**
 * The messages of etcd's API as etcdctl's JSON shows them: field order of the .proto files, zero values left out.
 * Source of the fact: etcdctl `-w json` of 3.5.16, 3.6.16 and 3.7.3, which agree unless said otherwise.
 */
import type { Event, KeyValue, Member, ResponseHeader } from '../../../etcd/index.ts';
import { type GoJson, unlessEmpty, unlessZero } from '../go-json.ts';

type JsonFields = Readonly<Record<string, GoJson | undefined>>;

/** The four fields of a header, to stand in an object of their own or among others. */
export function headerFields(header: ResponseHeader | undefined): JsonFields {
  return {
    cluster_id: unlessZero(header?.clusterId ?? 0n),
    member_id: unlessZero(header?.memberId ?? 0n),
    revision: unlessZero(header?.revision ?? 0n),
    raft_term: unlessZero(header?.raftTerm ?? 0n),
  };
}

/** A header, left out where the server sent none. */
export function headerJson(header: ResponseHeader | undefined): GoJson | undefined {
  return header === undefined ? undefined : headerFields(header);
}

/** With `--hex` ids are texts in hex and always there. */
export function hexHeaderJson(header: ResponseHeader | undefined): GoJson {
  if (header === undefined) return null;
  return {
    ...headerFields(header),
    cluster_id: header.clusterId.toString(16),
    member_id: header.memberId.toString(16),
  };
}

export function keyValueJson(kv: KeyValue): GoJson {
  return {
    key: unlessZero(kv.key),
    create_revision: unlessZero(kv.createRevision),
    mod_revision: unlessZero(kv.modRevision),
    version: unlessZero(kv.version),
    value: unlessZero(kv.value),
    lease: unlessZero(kv.lease),
  };
}

export function keyValuesJson(kvs: readonly KeyValue[]): GoJson | undefined {
  return unlessEmpty(kvs)?.map(keyValueJson);
}

export function eventJson(event: Event): GoJson {
  return {
    type: unlessZero<number>(event.type),
    kv: event.kv && keyValueJson(event.kv),
    prev_kv: event.prevKv && keyValueJson(event.prevKv),
  };
}

export function memberJson(member: Member, hex = false): GoJson {
  return {
    ID: hex ? member.ID.toString(16) : unlessZero(member.ID),
    name: unlessZero(member.name),
    peerURLs: unlessEmpty(member.peerURLs),
    clientURLs: unlessEmpty(member.clientURLs),
    isLearner: unlessZero(member.isLearner),
  };
}
