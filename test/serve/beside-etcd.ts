/** A real etcd with known data, and `serve` beside it with a snapshot of that. */
import { join } from 'node:path';
import type { Peer, PeerLine } from '../peers/index.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { etcdctl, type EtcdctlTarget } from '../support/etcdctl.ts';
import { tempDir } from '../support/temp-dir.ts';
import type { Servers } from './compare-calls.ts';
import { type KnownData, writeKnownData } from './known-data.ts';
import type { ReadCall } from './read-calls.ts';
import { type ServedProcess, serveInProcess } from './served-process.ts';

export interface SideBySide extends AsyncDisposable {
  readonly directory: string;
  readonly data: KnownData;
  readonly snapshot: string;
  readonly real: EtcdServer;
  readonly served: ServedProcess;
  /** How a client of a line is told of both. */
  endpoints(line: PeerLine): Servers;
}

export async function startSideBySide(
  peer: Peer,
  flags: readonly string[] = [],
  write: (target: EtcdctlTarget) => Promise<KnownData> = writeKnownData,
): Promise<SideBySide> {
  await using starting = new AsyncDisposableStack();
  const { path: directory } = starting.use(await tempDir('side-by-side'));
  const first = await startEtcd({
    peer,
    dataDir: join(directory, 'data'),
    extraArgs: ['--unsafe-no-fsync'].slice(peer.line === '3.4' ? 1 : 0),
  });
  await first.ready();
  const data = await write(first).finally(() => first.stop());
  // Once more: it answers for the revision of a compaction with what it remembers, if it has made it itself.
  const real = starting.use(await first.restart());
  await real.ready();
  const snapshot = join(directory, 'snapshot.db');
  await etcdctl(real, ['snapshot', 'save', snapshot]);
  const served = starting.use(await serveInProcess(snapshot, ...flags));
  const running = starting.move();
  return {
    ...{ directory, data, snapshot, real, served },
    // etcdctl 3.4 makes a whole URL its :authority in some calls, which no Node server takes.
    endpoints: (line) => ({
      real: line === '3.4' ? new URL(real.clientUrl).host : real.clientUrl,
      ours: line === '3.4' ? new URL(served.clientUrl).host : served.clientUrl,
    }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/**
 * Takes out what cannot be the same: how long a call took, and the widths of tables that tell it; the time that is left
 * of a lease, which the real etcd granted earlier; the order of a lease's keys, which etcd takes from a Go map; etcd's
 * raft index, which grows with each look at alarms, users and roles; its size in use, which has pages in it that wait
 * for readers of its own; the release of 3.5, which no file tells.
 */
export function maskReads(text: string, { args }: ReadCall): string {
  const words = args.slice(0, 2).join(' ');
  if (words === 'endpoint health') return flat(text.replace(/\b[\d.]+(µs|ms|s)\b/g, 'TIME'));
  if (words === 'endpoint status') return flat(maskStatus(text));
  if (words !== 'lease timetolive') return text;
  return text
    .replace(/remaining\(\d+s\)/g, 'remaining(N)')
    .replace(/("ttl":|"TTL" : )\d+/g, '$1N')
    .replace(/attached keys\(\[(.*)\]\)/, (_all, keys: string) => keys.split(' ').sort().join(' '))
    .replace(/"keys":\[(.*)\]/, (_all, keys: string) => keys.split(',').sort().join(' '))
    .replace(/("Key" : .*\n)+/, (keys) => keys.split('\n').sort().join('\n'));
}

function maskStatus(text: string): string {
  return text
    .replace(/\b3\.5\.\d+\b/g, '3.5.N')
    .replace(
      /("raft(?:Applied)?Index":|"Raft(?:Applied)?Index" : |"dbSizeInUse":|"DBSizeInUse" : )\d+/g,
      '$1N',
    )
    .replace(/(true, false, \d+), \d+(?:, \d+)?/g, '$1, N')
    .replace(/([|│] +true [|│] +false [|│] +\d+ )(?:[|│] +\d+ ){1,2}/g, '$1N ')
    .replace(/(kB(?:,| [|│])) +[\d.]+ kB(,| [|│]) +\d+%/g, '$1 N$2 N%');
}

function flat(text: string): string {
  return text.replace(/ {2,}/g, ' ').replace(/-{2,}/g, '-').replace(/─{2,}/g, '─');
}
