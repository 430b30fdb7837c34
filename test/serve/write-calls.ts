/** A recorded script of etcdctl's writing calls, with leases, and the watches that see all of it. */
import { appKey, type KnownData } from './known-data.ts';
import type { ReadCall } from './read-calls.ts';

/** Stands for the lease that the script grants: etcd chooses its id, and each server another. */
export const grantedLease = 'LEASE';
const lastKey = 'the-end';

/** What clients of every line do; `name` keeps apart what different ones write. */
export function shortScript(name: string, { leases }: KnownData): ReadCall[] {
  return [
    call(['put', `${name}/1`, 'one']),
    call(['put', `${name}/1`, 'two', '--prev-kv']),
    call(['put', `${name}/2`, 'x', `--lease=${leases[0]!}`]),
    call(['lease', 'grant', '1000000']),
    call(['put', `${name}/3`, 'leased', `--lease=${grantedLease}`]),
    call(['lease', 'timetolive', grantedLease, '--keys']),
    call(
      ['txn', '-w', 'json'],
      `ver("${name}/1") = "2"\n\nput ${name}/4 yes\ndel ${name}/2\n\nput ${name}/4 no\n\n`,
    ),
    call(['lease', 'revoke', grantedLease]),
    call(['get', `${name}/`, '--prefix', '-w', 'json']),
    call(['del', `${name}/1`, '--prev-kv']),
  ];
}

/**
 * Every writing command with its options, errors included.
 * @param revision that the script begins at
 */
export function longScript({ leases }: KnownData, revision: bigint): ReadCall[] {
  const [kept, revoked] = leases;
  return [
    call(['put', appKey(1), 'again', '-w', 'json', '--prev-kv']),
    call(['put', appKey(2), 'back', '-w', 'fields']),
    call(['put', appKey(2)], 'from the standard input\n'),
    call(['put', appKey(4), '--ignore-value', `--lease=${kept!}`]),
    call(['put', appKey(4), 'kept lease', '--ignore-lease']),
    call(['put', 'not there', '--ignore-value']),
    call(['put', 'x', 'y', '--lease=99']),
    call(['put', 'ключ/new', 'значение']),
    call(['put', '', 'no key']),
    call(['del', appKey(6), '-w', 'json', '--prev-kv']),
    call(['del', appKey(10), appKey(14), '--prev-kv']),
    call(['del', appKey(10), appKey(14)]),
    call(['del', 'app/02', '--prefix', '-w', 'fields']),
    call(['del', 'zz', '--from-key']),
    call(
      ['txn'],
      `mod("${appKey(1)}") > "0"\nval("${appKey(2)}") = "wrong"\n\nput t 1\n\nget ${appKey(1)}\nput t 2\n\n`,
    ),
    call(['txn', '-w', 'fields'], `create("none") = "0"\n\nput t 3\nget t\ndel t\n\n\n`),
    call(['txn'], '\nput twice 1\nput twice 2\n\n\n'),
    call(['lease', 'grant', '1000000']),
    call(['put', 'leased/1', 'a', `--lease=${grantedLease}`]),
    call(['put', 'leased/2', 'b', `--lease=${grantedLease}`]),
    call(['put', 'leased/2', 'without']),
    call(['lease', 'keep-alive', grantedLease, '--once']),
    call(['lease', 'timetolive', grantedLease, '--keys', '-w', 'json']),
    call(['lease', 'revoke', grantedLease]),
    call(['lease', 'revoke', grantedLease]),
    call(['lease', 'timetolive', grantedLease]),
    call(['lease', 'revoke', revoked!, '-w', 'json']),
    call(['lease', 'list']),
    call(['lease', 'grant', '1']),
    // Enough for the next call to find it on a loaded machine.
    call(['lease', 'grant', '6']),
    call(['put', 'brief', 'soon gone', `--lease=${grantedLease}`]),
    {
      args: ['watch', 'brief', `--rev=${revision}`],
      isComplete: (stdout) => stdout.endsWith('DELETE\nbrief\n\n'),
    },
    call(['compaction', `${revision + 5n}`, '--physical']),
    call(['compaction', `${revision}`]),
    call(['compaction', '1000000']),
    call(['get', appKey(4), `--rev=${revision}`]),
    call(['watch', appKey(4), `--rev=${revision}`]),
  ];
}

/** After a script: everything there is, and the end that watches wait for. */
export function lastCalls(): ReadCall[] {
  return [call(['put', lastKey, '']), call(['get', '', '--prefix', '-w', 'json']), call(['del', lastKey])];
}

/**
 * The hash of what a compaction leaves. Without one it cannot be the same: the ids of leases are part of what was
 * written, and each server chose its own.
 */
export function hashCalls(revision: bigint): ReadCall[] {
  return [call(['compaction', `${revision}`, '--physical']), call(['endpoint', 'hashkv', '-w', 'json'])];
}

/** Begun before a script, they see it while it happens. How events share messages is not in what they print. */
export function liveWatches(fromRevision: bigint): ReadCall[] {
  // Each line that etcdctl prints may come by itself: an event has come when the empty line of its value has.
  const last = `${lastKey}\n\n`;
  const from = `--rev=${fromRevision}`;
  return [
    {
      args: ['watch', '', '--prefix', '--prev-kv', from],
      isComplete: (stdout) => stdout.endsWith(`DELETE\n${last}${last}`),
    },
    { args: ['watch', 'b', 'u', from], isComplete: (stdout) => stdout.endsWith(`DELETE\n${last}`) },
  ];
}

function call(args: string[], input?: string): ReadCall {
  return input === undefined ? { args } : { args, input };
}
