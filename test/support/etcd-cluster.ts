import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Peer } from '../peers/index.ts';
import {
  type EtcdPorts,
  type EtcdServer,
  PortTaken,
  choosePorts,
  logExcerpt,
  memberUrls,
  startEtcd,
} from './etcd-server.ts';
import type { Pki } from './pki.ts';

export interface ClusterOptions {
  readonly peer: Peer;
  readonly size: number;
  /** Each member gets `<directory>/<name>` as its data dir. */
  readonly directory: string;
  /** Each member gets `<walDirectory>/<name>` for its WAL, instead of a place in its data dir. */
  readonly walDirectory?: string;
  readonly tls?: Pki;
  readonly initialClusterToken?: string;
  readonly extraArgs?: readonly string[];
}

/**
 * For members of a cluster. By default they choose a new leader when theirs has been silent for a second, which is how
 * long a flush may take on a disk that tests share; whoever writes or asks just then is told to come again.
 */
export const patientElections: readonly string[] = ['--election-timeout=3000'];

/** Members that form a quorum. Disposing ends them all, as a power failure would. */
export interface EtcdCluster extends AsyncDisposable {
  readonly members: readonly EtcdServer[];
  readonly endpoints: readonly string[];
}

/** Name and ports of one planned member. */
export interface PlannedMember {
  readonly name: string;
  readonly ports: EtcdPorts;
  readonly peerUrl: string;
  readonly clientUrl: string;
}

/** Names `m1`, `m2` … and ports, chosen ahead: a restore has to know the peer URLs before any member starts. */
export async function planMembers(size: number, tls: Pki | undefined): Promise<PlannedMember[]> {
  const members: PlannedMember[] = [];
  for (let index = 1; index <= size; index++) {
    const ports = await choosePorts();
    const urls = memberUrls(ports, tls);
    members.push({ name: `m${index}`, ports, peerUrl: urls.peer, clientUrl: urls.client });
  }
  return members;
}

/** The value of `--initial-cluster` for these members. */
export function initialCluster(members: readonly PlannedMember[]): string {
  return members.map((member) => `${member.name}=${member.peerUrl}`).join(',');
}

/** Starts a new cluster and resolves when every member serves. */
export async function startCluster(options: ClusterOptions): Promise<EtcdCluster> {
  for (let attempt = 1; ; attempt++) {
    const planned = await planMembers(options.size, options.tls);
    try {
      return await startPlannedMembers(options, planned);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 5) throw error;
      // Their data dirs name the ports that somebody else has: begin afresh.
      await Promise.all(
        planned.map((member) => rm(join(options.directory, member.name), { recursive: true, force: true })),
      );
    }
  }
}

/** Starts members whose data dirs are empty or already made for just these names and ports. */
export async function startPlannedMembers(
  options: Omit<ClusterOptions, 'size'>,
  planned: readonly PlannedMember[],
): Promise<EtcdCluster> {
  return startTogether(
    planned.map(
      (member) => () =>
        startEtcd({
          ...options,
          name: member.name,
          dataDir: join(options.directory, member.name),
          ...(options.walDirectory === undefined ? {} : { walDir: join(options.walDirectory, member.name) }),
          ports: member.ports,
          initialCluster: initialCluster(planned),
          extraArgs: [...patientElections, ...(options.extraArgs ?? [])],
        }),
    ),
  );
}

/**
 * Starts all members again on their data dirs and ports, after a power failure: a cluster that is asked to stop as a
 * whole takes seconds to find out that there is nobody left to lead it.
 */
export async function restartMembers(members: readonly EtcdServer[]): Promise<EtcdCluster> {
  await Promise.all(members.map((member) => member.kill()));
  return startTogether(members.map((member) => () => member.restart()));
}

/** Members wait for each other when they start: none may wait for the one before it to be done. */
async function startTogether(starts: readonly (() => Promise<EtcdServer>)[]): Promise<EtcdCluster> {
  await using starting = new AsyncDisposableStack();
  const results = await Promise.allSettled(starts.map(async (start) => starting.use(await start())));
  const members = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  await Promise.all(members.map((member) => member.ready()));
  starting.move();
  return {
    members,
    endpoints: members.map((member) => member.clientUrl),
    // Asked to stop, the leader would wait for another one to take over, which is about to stop, too.
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member.kill()));
    },
  };
}

/** Does some work with these members; when it fails, their logs go into its message. */
export async function withLogs<T>(members: () => readonly EtcdServer[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const logs = await Promise.all(
      members().map(async ({ name, logFile }) => `log of ${name}:\n${await logExcerpt(logFile)}`),
    );
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${logs.join('\n')}`, {
      cause: error,
    });
  }
}
