import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Peer } from '../peers/index.ts';
import { canListen, freePorts } from './free-ports.ts';
import { JsonGateway } from './json-gateway.ts';
import type { Pki } from './pki.ts';
import { type StartedProcess, startProcess } from './started-process.ts';

export interface EtcdOptions {
  readonly peer: Peer;
  readonly dataDir: string;
  /** `<data dir>/member/wal` by default. */
  readonly walDir?: string;
  /** `default`, as etcd's own. */
  readonly name?: string;
  /** Mutual TLS for clients and members with these certificates; plain text without. */
  readonly tls?: Pki;
  /** Free ports are chosen, and chosen anew when taken meanwhile, unless both are given. */
  readonly ports?: EtcdPorts;
  /** `name=url,...` of all members; this member alone by default. */
  readonly initialCluster?: string;
  readonly initialClusterState?: 'new' | 'existing';
  readonly initialClusterToken?: string;
  readonly extraArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `<data dir>.log` by default; appended to. */
  readonly logFile?: string;
}

export interface EtcdPorts {
  readonly client: number;
  readonly peer: number;
}

/** A running member. Disposing stops it. */
export interface EtcdServer extends StartedProcess {
  readonly peer: Peer;
  readonly name: string;
  readonly dataDir: string;
  readonly tls: Pki | undefined;
  readonly ports: EtcdPorts;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly logFile: string;
  /** Resolves when a linearizable read succeeds: this member serves and its cluster has a quorum. */
  ready(timeoutMs?: number): Promise<void>;
  /** Starts it again on the same data dir and ports after it was stopped or killed. */
  restart(changes?: Partial<EtcdOptions>): Promise<EtcdServer>;
}

const portAttempts = 5;

/** Starts a member and resolves when its ports are open; `ready()` says when it serves. */
export async function startEtcd(options: EtcdOptions): Promise<EtcdServer> {
  for (let attempt = 1; ; attempt++) {
    const ports = options.ports ?? (await choosePorts());
    try {
      return await startOnPorts(options, ports);
    } catch (error) {
      const mayRetry = options.ports === undefined && error instanceof PortTaken && attempt < portAttempts;
      if (!mayRetry) throw error;
    }
  }
}

export async function choosePorts(): Promise<EtcdPorts> {
  const [client, peer] = await freePorts(2);
  return { client: client!, peer: peer! };
}

/** Where a member on these ports is reached by its clients and by its fellow members. */
export function memberUrls(ports: EtcdPorts, tls: Pki | undefined): { client: string; peer: string } {
  const scheme = tls === undefined ? 'http' : 'https';
  return { client: `${scheme}://127.0.0.1:${ports.client}`, peer: `${scheme}://127.0.0.1:${ports.peer}` };
}

/** Something else holds one of a member's ports. */
export class PortTaken extends Error {}

async function startOnPorts(options: EtcdOptions, ports: EtcdPorts): Promise<EtcdServer> {
  const logFile = options.logFile ?? `${options.dataDir}.log`;
  await mkdir(dirname(options.dataDir), { recursive: true });
  // A stranger's listener would pass for the member's own below.
  for (const port of [ports.client, ports.peer]) {
    if (!(await canListen(port))) throw new PortTaken(`port ${port}: address already in use`);
  }
  const child = await startProcess(options.peer.etcd, etcdArguments(options, ports), {
    logFile,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const urls = memberUrls(ports, options.tls);
  try {
    await portsOpen(child, ports, logFile);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return Object.assign(child, {
    peer: options.peer,
    name: options.name ?? 'default',
    dataDir: options.dataDir,
    tls: options.tls,
    ports,
    clientUrl: urls.client,
    peerUrl: urls.peer,
    logFile,
    ready: (timeoutMs = 60_000) => waitUntilHealthy(child, urls.client, options.tls, logFile, timeoutMs),
    restart: (changes: Partial<EtcdOptions> = {}) => startEtcd({ ...options, ports, ...changes }),
  });
}

function etcdArguments(options: EtcdOptions, ports: EtcdPorts): string[] {
  const name = options.name ?? 'default';
  const urls = memberUrls(ports, options.tls);
  const args = [
    ['--name', name],
    ['--data-dir', options.dataDir],
    ['--listen-client-urls', urls.client],
    ['--advertise-client-urls', urls.client],
    ['--listen-peer-urls', urls.peer],
    ['--initial-advertise-peer-urls', urls.peer],
    ['--initial-cluster', options.initialCluster ?? `${name}=${urls.peer}`],
    ['--initial-cluster-state', options.initialClusterState ?? 'new'],
    ['--initial-cluster-token', options.initialClusterToken ?? 'etcd-cluster'],
  ].flat();
  if (options.walDir !== undefined) args.push('--wal-dir', options.walDir);
  if (options.tls !== undefined) args.push(...tlsArguments(options.tls));
  // The newest release line logs as JSON by itself; the oldest has to be told.
  if (options.peer.line === '3.4') args.push('--logger=zap');
  return [...args, ...(options.extraArgs ?? [])];
}

function tlsArguments(tls: Pki): string[] {
  return [
    `--cert-file=${tls.server.certFile}`,
    `--key-file=${tls.server.keyFile}`,
    `--trusted-ca-file=${tls.caFile}`,
    '--client-cert-auth',
    `--peer-cert-file=${tls.peer.certFile}`,
    `--peer-key-file=${tls.peer.keyFile}`,
    `--peer-trusted-ca-file=${tls.caFile}`,
    '--peer-client-cert-auth',
  ];
}

async function portsOpen(child: StartedProcess, ports: EtcdPorts, logFile: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await accepts(ports.client)) || !(await accepts(ports.peer))) {
    if (child.ended !== undefined) {
      const excerpt = await logExcerpt(logFile);
      const message = `etcd ended with ${child.ended} before its ports were open\n${excerpt}`;
      throw excerpt.includes('address already in use') ? new PortTaken(message) : new Error(message);
    }
    if (performance.now() > deadline) throw new Error(`etcd opens no ports\n${await logExcerpt(logFile)}`);
    await delay(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function waitUntilHealthy(
  child: StartedProcess,
  clientUrl: string,
  tls: Pki | undefined,
  logFile: string,
  timeoutMs: number,
): Promise<void> {
  using gateway = new JsonGateway(clientUrl, tls);
  const deadline = performance.now() + timeoutMs;
  let last = 'no answer';
  while (performance.now() < deadline) {
    if (child.ended !== undefined) {
      throw new Error(`etcd ended with ${child.ended}\n${await logExcerpt(logFile)}`);
    }
    const health = await gateway.health().catch((error: unknown) => String(error));
    if (health === 'true') return;
    last = health;
    await delay(50);
  }
  throw new Error(
    `etcd at ${clientUrl} is not healthy after ${timeoutMs} ms: ${last}\n${await logExcerpt(logFile)}`,
  );
}

/** The first and last lines of a log, few enough for an error message: a refused flag is told first, a crash last. */
export async function logExcerpt(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch((error: unknown) => String(error));
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, 500));
  return (lines.length <= 20 ? lines : [...lines.slice(0, 5), '…', ...lines.slice(-15)]).join('\n');
}
