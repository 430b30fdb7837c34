/**
 * The etcd of k3s and rke2. Both write etcd's config file into its data dir and keep certificates in a tls directory
 * beside it; k3s runs etcd inside its own process, rke2 as a static pod. Source: k3s pkg/daemons/executor/executor.go
 * (ETCDConfig), pkg/daemons/control/deps; rke2 pkg/podexecutor/staticpod.go.
 */
import { dirname } from 'node:path/posix';
import type { HostProcess, LocalHost } from '../../hosts/index.ts';
import { parseFlags } from '../../kubernetes/index.ts';
import type { EtcdProgram } from './etcd-program.ts';
import type { FactRecord } from './fact-record.ts';
import { readService, type ServiceCommand } from './systemd/index.ts';

export type RancherKind = 'k3s' | 'rke2';

/** A k3s or rke2 server on a host. */
export interface RancherServer {
  readonly kind: RancherKind;
  readonly dataDir: string;
  readonly pid?: number;
  readonly unit?: string;
}

/** The server that has its state on this host, whether it runs or not. */
export async function findRancherServer(
  host: LocalHost,
  processes: readonly HostProcess[],
): Promise<RancherServer | undefined> {
  for (const kind of ['k3s', 'rke2'] as const) {
    const service =
      (await readService(host, `${kind}.service`)) ?? (await readService(host, `${kind}-server.service`));
    const running = processes.find(({ argv }) => isServer(argv, kind));
    const dataDir = await findDataDir(host, kind, running?.argv ?? service?.argv ?? []);
    if ((await host.stat(`${dataDir}/server/db`))?.kind !== 'directory') continue;
    return { kind, dataDir, ...origin(running, service) };
  }
  return undefined;
}

function origin(running: HostProcess | undefined, service: ServiceCommand | undefined) {
  return {
    ...(running === undefined ? {} : { pid: running.pid }),
    ...(service === undefined ? {} : { unit: service.unitFile }),
  };
}

/** `k3s server …`; the program writes its title into its first word, too. */
function isServer(argv: readonly string[], kind: RancherKind): boolean {
  return new RegExp(`(^|/)${kind}( server\\b|$)`).test(argv[0] ?? '') && !argv.includes('agent');
}

async function findDataDir(host: LocalHost, kind: RancherKind, argv: readonly string[]): Promise<string> {
  const flags = parseFlags(argv);
  const flag = flags.get('data-dir')?.value ?? valueAfter(argv, '-d');
  if (flag !== undefined) return flag;
  const configFile =
    flags.get('config')?.value ?? valueAfter(argv, '-c') ?? `/etc/rancher/${kind}/config.yaml`;
  const config = (await host.readText(configFile)) ?? '';
  return topLevelText(config, 'data-dir') ?? `/var/lib/rancher/${kind}`;
}

function valueAfter(argv: readonly string[], flag: string): string | undefined {
  const index = argv.indexOf(flag);
  return index === -1 ? undefined : argv[index + 1];
}

/** A plain text value at the top of a YAML file. */
function topLevelText(text: string, key: string): string | undefined {
  const value = new RegExp(`^${key}:\\s*(?:"([^"]*)"|'([^']*)'|([^#\\n]*?))\\s*(?:#.*)?$`, 'm').exec(text);
  const found = value?.[1] ?? value?.[2] ?? value?.[3];
  return found === undefined || found === '' ? undefined : found;
}

/** The etcd inside of k3s; undefined when k3s keeps its state elsewhere. */
export async function embeddedEtcd(
  host: LocalHost,
  server: RancherServer,
  facts: FactRecord,
): Promise<EtcdProgram | undefined> {
  const { kind, dataDir, pid, unit } = server;
  const configFile = `${dataDir}/server/db/etcd/config`;
  if ((await host.stat(configFile)) === undefined) {
    const hasSqlite = (await host.stat(`${dataDir}/server/db/state.db`)) !== undefined;
    facts.notThere(
      hasSqlite
        ? `${kind} keeps its state in SQLite (${dataDir}/server/db/state.db)`
        : `${kind} has no etcd of its own (${configFile} does not exist)`,
    );
    return undefined;
  }
  return {
    runsAs: 'embedded',
    argv: [],
    env: { ETCD_CONFIG_FILE: configFile },
    toHost: (path) => path,
    evidenceOf: () => ({
      source: 'default',
      where: `where ${kind} writes it`,
      file: configFile,
      reliability: 'sure',
    }),
    workingDirectory: dirname(configFile),
    known: { ...(pid === undefined ? {} : { pid }), ...(unit === undefined ? {} : { unit }) },
  };
}
