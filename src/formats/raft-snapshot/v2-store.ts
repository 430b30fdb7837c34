/**
 * The v2 store of a freshly restored cluster, as the JSON that a `.snap` file holds: one directory a member with its
 * peer URLs, and the events that created them. Servers before 3.7 read their membership from it.
 *
 * Source: etcd server/etcdserver/api/v2store/{store,node,event_history,event_queue}.go and
 * server/etcdserver/api/membership/storev2.go (3.5.30).
 */
import { utf8 } from '../../base/index.ts';
import { formatGoJsonString } from '../mvcc/index.ts';

export interface V2StoreMember {
  readonly id: bigint;
  readonly peerUrls: readonly string[];
}

export interface V2StoreOptions {
  /** In ascending numeric order of id: member i is created at index i, from 1. */
  readonly members: readonly V2StoreMember[];
  /** Value of `getsFail`: 0 in 3.4 and 3.5, 1 in 3.6 and 3.7. */
  readonly getsFail?: number;
}

/** The event queue always has room for this many events; servers before 3.7 panic on a shorter one. */
const eventCapacity = 1000;

const membersPath = '/0/members';

/** Builds the JSON text as bytes, in the key order that etcd writes. */
export function buildV2Store(options: V2StoreOptions): Uint8Array {
  const { members, getsFail = 0 } = options;
  const root = directory('/', 0, {
    '0': directory('/0', 0, { members: directory(membersPath, 1, memberDirectories(members)) }),
    '1': directory('/1', 0, {}),
  });
  const parts = [
    `"Root":${root}`,
    `"WatcherHub":{"EventHistory":${eventHistory(members)}}`,
    `"CurrentIndex":${members.length}`,
    `"Stats":${stats(members.length, getsFail)}`,
    '"CurrentVersion":2',
  ];
  return utf8(`{${parts.join(',')}}`);
}

function memberDirectories(members: readonly V2StoreMember[]): Readonly<Record<string, string>> {
  const entries = members.map((member, i): [string, string] => {
    const path = memberPath(member);
    const attributes = file(`${path}/raftAttributes`, i + 1, raftAttributes(member));
    return [member.id.toString(16), directory(path, i + 1, { raftAttributes: attributes })];
  });
  return Object.fromEntries(entries);
}

function memberPath(member: V2StoreMember): string {
  return `${membersPath}/${member.id.toString(16)}`;
}

function raftAttributes(member: V2StoreMember): string {
  return `{"peerURLs":[${member.peerUrls.map(formatGoJsonString).join(',')}]}`;
}

function directory(path: string, index: number, children: Readonly<Record<string, string>>): string {
  const names = Object.keys(children).sort();
  return node(path, index, '', `{${names.map((name) => `"${name}":${children[name]!}`).join(',')}}`);
}

function file(path: string, index: number, value: string): string {
  return node(path, index, value, 'null');
}

function node(path: string, index: number, value: string, children: string): string {
  return (
    `{"Path":"${path}","CreatedIndex":${index},"ModifiedIndex":${index},` +
    `"ExpireTime":"0001-01-01T00:00:00Z","Value":${formatGoJsonString(value)},"Children":${children}}`
  );
}

function eventHistory(members: readonly V2StoreMember[]): string {
  const events = members.map(
    (member, i) =>
      `{"action":"create","node":{"key":"${memberPath(member)}/raftAttributes",` +
      `"value":${formatGoJsonString(raftAttributes(member))},"modifiedIndex":${i + 1},"createdIndex":${i + 1}}}`,
  );
  const count = members.length;
  while (events.length < eventCapacity) events.push('null');
  const queue = `{"Events":[${events.join(',')}],"Size":${count},"Front":0,"Back":${count},"Capacity":${eventCapacity}}`;
  return `{"Queue":${queue},"StartIndex":1,"LastIndex":${count}}`;
}

function stats(created: number, getsFail: number): string {
  const counters: readonly [string, number][] = [
    ['getsSuccess', 0],
    ['getsFail', getsFail],
    ['setsSuccess', 0],
    ['setsFail', 0],
    ['deleteSuccess', 0],
    ['deleteFail', 0],
    ['updateSuccess', 0],
    ['updateFail', 0],
    ['createSuccess', created],
    ['createFail', 0],
    ['compareAndSwapSuccess', 0],
    ['compareAndSwapFail', 0],
    ['compareAndDeleteSuccess', 0],
    ['compareAndDeleteFail', 0],
    ['expireCount', 0],
    ['watchers', 0],
  ];
  return `{${counters.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}
