import { basename } from 'node:path/posix';
import type { HostProcess, LocalHost } from '../../hosts/index.ts';
import { type Argument, containerPathToHost, type FlagValue, parseFlags } from '../../kubernetes/index.ts';
import { isContained } from './contained.ts';
import type { ApiServerInstallation, Evidence } from './discovery.ts';
import type { FactRecord } from './fact-record.ts';
import type { ReadManifest } from './static-pods.ts';
import { readService, startsProgram } from './systemd/index.ts';

/** How an API server is started, and how its paths become host paths. */
export interface ApiServerProgram {
  readonly argv: readonly (string | Argument)[];
  readonly toHost: (path: string) => string | undefined;
  readonly evidenceOf: (flag: string, value: FlagValue) => Evidence;
  readonly known: Pick<ApiServerInstallation, 'manifest' | 'unit' | 'pid'>;
}

/** The API server of a manifest. */
export function apiServerOfManifest({ file, pod, program }: ReadManifest): ApiServerProgram {
  const { container, argv } = program!;
  return {
    argv,
    toHost: (path) => containerPathToHost(pod!, container, path),
    evidenceOf: (flag, { line }) => ({
      source: 'file',
      where: `--${flag} in ${basename(file)}`,
      file,
      ...(line === undefined ? {} : { line }),
      reliability: 'sure',
    }),
    known: { manifest: file },
  };
}

/** The API server of a service, or one that runs without any file that tells of it. */
export async function findApiServer(
  host: LocalHost,
  processes: readonly HostProcess[],
): Promise<ApiServerProgram | undefined> {
  const toHost = (path: string) => path;
  const service = await readService(host, 'kube-apiserver.service');
  if (service !== undefined && startsProgram(service.argv, 'kube-apiserver')) {
    const { execFile: file, execLine: line, name } = service;
    return {
      argv: service.argv,
      toHost,
      evidenceOf: (flag) => ({
        source: 'file',
        where: `--${flag} in ${name}`,
        file,
        line,
        reliability: 'sure',
      }),
      known: { unit: service.unitFile },
    };
  }
  const running = processes.find(({ argv }) => startsProgram(argv, 'kube-apiserver'));
  if (running === undefined || (await isContained(host, running.pid))) return undefined;
  const { argv, pid } = running;
  return {
    argv,
    toHost,
    evidenceOf: (flag) => ({
      source: 'process',
      where: `kube-apiserver (pid ${pid}) --${flag}`,
      reliability: 'sure',
    }),
    known: { pid },
  };
}

const files = {
  etcdCaFile: 'etcd-cafile',
  etcdCertFile: 'etcd-certfile',
  etcdKeyFile: 'etcd-keyfile',
  encryptionProviderConfig: 'encryption-provider-config',
  clientCaFile: 'client-ca-file',
  tlsCertFile: 'tls-cert-file',
} as const;

/** Its flags, with host paths. A path that is on no volume of the host is left out. */
export function readApiServer(program: ApiServerProgram, facts: FactRecord): ApiServerInstallation {
  const { manifest, unit } = program.known;
  if (manifest !== undefined)
    facts.note('apiServer.manifest', {
      source: 'file',
      where: 'a container runs kube-apiserver',
      file: manifest,
      reliability: 'sure',
    });
  if (unit !== undefined)
    facts.note('apiServer.unit', {
      source: 'file',
      where: 'ExecStart runs kube-apiserver',
      file: unit,
      reliability: 'sure',
    });
  const flags = parseFlags(program.argv);
  const note = (fact: string, flag: string): string | undefined => {
    const value = flags.get(flag);
    if (value === undefined || value.value === '') return undefined;
    facts.note(`apiServer.${fact}`, program.evidenceOf(flag, value));
    return value.value;
  };
  const paths = Object.entries(files).flatMap(([field, flag]) => {
    const value = note(field, flag);
    const path = value === undefined ? undefined : program.toHost(value);
    return path === undefined ? [] : [[field, path] as const];
  });
  const bindAddress = note('bindAddress', 'bind-address');
  return {
    ...program.known,
    etcdServers: (note('etcdServers', 'etcd-servers') ?? '')
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== ''),
    etcdPrefix: note('etcdPrefix', 'etcd-prefix') ?? '/registry',
    securePort: portOf(note('securePort', 'secure-port')),
    ...(bindAddress === undefined ? {} : { bindAddress }),
    ...(Object.fromEntries(paths) as { [field in keyof typeof files]?: string }),
    argv: program.argv.map((word) => (typeof word === 'string' ? word : word.value)),
  };
}

function portOf(text: string | undefined): number {
  const port = Number(text);
  return text !== undefined && Number.isInteger(port) && port > 0 && port < 65_536 ? port : 6443;
}
