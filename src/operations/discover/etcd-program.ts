/** From the way that an etcd is started to what it is started with, in host paths. */
import { isAbsolute, join } from 'node:path/posix';
import type { LocalHost } from '../../hosts/index.ts';
import {
  type Argument,
  etcdConfigFile,
  type EtcdSettings,
  readEtcdSettings,
  type Setting,
} from '../../kubernetes/index.ts';
import type { EtcdInstallation, Evidence } from './discovery.ts';
import type { FactRecord } from './fact-record.ts';

/** An etcd that was found: how it is started, and how its paths become host paths. */
export interface EtcdProgram {
  readonly runsAs: 'static-pod' | 'systemd' | 'process' | 'embedded';
  readonly argv: readonly (string | Argument)[];
  readonly env: Readonly<Record<string, string | Argument>>;
  /** Undefined for a path that is not on the host. */
  readonly toHost: (path: string) => string | undefined;
  /** How a flag or a variable is known. */
  readonly evidenceOf: (setting: Setting) => Evidence;
  readonly workingDirectory?: string;
  /** What is known of it besides its settings. */
  readonly known: Partial<EtcdInstallation>;
}

/** What etcd is started with; which URL to dial and which client pair to use is not decided here. */
export type EtcdSetup = Omit<EtcdInstallation, 'endpoints' | 'caFile' | 'certFile' | 'keyFile'>;

/** Errors: CONFIG_FILE_INVALID, FILE_NOT_READABLE for etcd's own config file. */
export async function readEtcdProgram(
  host: LocalHost,
  program: EtcdProgram,
  facts: FactRecord,
): Promise<EtcdSetup> {
  const configFile = await readConfigFile(host, program, facts);
  const { argv, env, known } = program;
  const settings = readEtcdSettings({
    argv,
    env,
    ...(configFile?.text === undefined
      ? {}
      : { configFile: { text: configFile.text, path: configFile.path } }),
  });
  const reader = new SettingReader(settings, program, configFile?.path, facts);
  const dataDir = reader.directory('data-dir', 'etcd.dataDir');
  const walDir = reader.directory('wal-dir', 'etcd.walDir');
  if (isOn(settings.get('auto-tls')) && settings.get('cert-file') === undefined)
    facts.find('warn', 'auto-tls', 'etcd makes its own certificate (--auto-tls): clients cannot verify it');
  const quota = settings.get('quota-backend-bytes')?.value;
  return {
    runsAs: program.runsAs,
    ...known,
    ...(configFile === undefined ? {} : { configFile: configFile.path }),
    ...reader.text('name', 'etcd.name', 'name'),
    ...dataDir,
    ...(walDir?.dataDir === undefined ? {} : { walDir: walDir.dataDir }),
    ...reader.path('cert-file', 'etcd.serverCertFile', 'serverCertFile'),
    ...reader.path('key-file', 'etcd.serverKeyFile', 'serverKeyFile'),
    ...reader.path('trusted-ca-file', 'etcd.trustedCaFile', 'trustedCaFile'),
    ...reader.path('peer-cert-file', 'etcd.peerCertFile', 'peerCertFile'),
    ...reader.path('peer-key-file', 'etcd.peerKeyFile', 'peerKeyFile'),
    ...reader.path('peer-trusted-ca-file', 'etcd.peerCaFile', 'peerCaFile'),
    ...reader.text('initial-cluster', 'etcd.initialCluster', 'initialCluster'),
    ...reader.text('initial-cluster-token', 'etcd.initialClusterToken', 'initialClusterToken'),
    initialAdvertisePeerUrls: reader.list('initial-advertise-peer-urls', 'etcd.initialAdvertisePeerUrls'),
    listenClientUrls: reader.list('listen-client-urls', 'etcd.listenClientUrls'),
    advertiseClientUrls: reader.list('advertise-client-urls', 'etcd.advertiseClientUrls'),
    ...(quota !== undefined && /^\d+$/.test(quota) ? { quotaBackendBytes: BigInt(quota) } : {}),
    ...versionOf(known.image),
    argv: argv.map((word) => (typeof word === 'string' ? word : word.value)),
  };
}

/** As Go's strconv.ParseBool. */
function isOn(setting: Setting | undefined): boolean {
  return /^(1|t|T|TRUE|true|True)$/.test(setting?.value ?? '');
}

/** `registry.k8s.io/etcd:3.6.4-0` is 3.6.4; a digest says nothing. */
export function versionOf(image: string | undefined): { version?: string } {
  const version = /:v?(\d+\.\d+\.\d+)[^/]*$/.exec(image?.replace(/@sha256:.*$/, '') ?? '')?.[1];
  return version === undefined ? {} : { version };
}

async function readConfigFile(
  host: LocalHost,
  program: EtcdProgram,
  facts: FactRecord,
): Promise<{ path: string; text?: string } | undefined> {
  const setting = etcdConfigFile(program);
  if (setting === undefined) return undefined;
  const path = program.toHost(resolveAgainst(program, setting.value) ?? setting.value) ?? setting.value;
  facts.note('etcd.configFile', program.evidenceOf(setting));
  const text = await host.readText(path);
  if (text !== undefined) return { path, text };
  facts.find('warn', 'etcd-config-missing', `etcd's config file ${path} does not exist`, { path });
  return { path };
}

function resolveAgainst({ workingDirectory }: EtcdProgram, path: string): string | undefined {
  if (isAbsolute(path)) return path;
  return workingDirectory === undefined ? undefined : join(workingDirectory, path);
}

/** Reads settings by their flag's name and notes how each is known. */
class SettingReader {
  readonly #settings: EtcdSettings;
  readonly #program: EtcdProgram;
  readonly #configFile: string | undefined;
  readonly #facts: FactRecord;

  constructor(
    settings: EtcdSettings,
    program: EtcdProgram,
    configFile: string | undefined,
    facts: FactRecord,
  ) {
    this.#settings = settings;
    this.#program = program;
    this.#configFile = configFile;
    this.#facts = facts;
  }

  text<K extends string>(flag: string, fact: string, field: K): { [P in K]?: string } {
    const value = this.#value(flag, fact);
    return (value === undefined ? {} : { [field]: value }) as { [P in K]?: string };
  }

  list(flag: string, fact: string): string[] {
    const value = this.#value(flag, fact) ?? '';
    return value
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== '');
  }

  /** A file, as the host names it. */
  path<K extends string>(flag: string, fact: string, field: K): { [P in K]?: string } {
    const value = this.#value(flag, fact);
    const path = value === undefined ? undefined : this.#onHost(flag, value);
    return (path === undefined ? {} : { [field]: path }) as { [P in K]?: string };
  }

  directory(flag: string, fact: string): { dataDir?: string; containerDataDir: string } | undefined {
    const value = this.#value(flag, fact);
    if (value === undefined) return undefined;
    const trimmed = value.length > 1 ? value.replace(/\/+$/, '') : value;
    const path = this.#onHost(flag, trimmed);
    return { containerDataDir: trimmed, ...(path === undefined ? {} : { dataDir: path }) };
  }

  #value(flag: string, fact: string): string | undefined {
    const setting = this.#settings.get(flag);
    if (setting === undefined || setting.value === '') return undefined;
    this.#facts.note(fact, this.#evidence(setting));
    return setting.value;
  }

  #evidence(setting: Setting): Evidence {
    if (setting.source === 'default')
      return { source: 'default', where: `etcd's default for ${setting.writtenAs}`, reliability: 'likely' };
    if (setting.source !== 'config-file' || this.#configFile === undefined)
      return this.#program.evidenceOf(setting);
    return {
      source: 'file',
      where: `${setting.writtenAs} in etcd's config file`,
      file: this.#configFile,
      ...(setting.line === undefined ? {} : { line: setting.line }),
      reliability: 'sure',
    };
  }

  #onHost(flag: string, path: string): string | undefined {
    const absolute = resolveAgainst(this.#program, path);
    const onHost = absolute === undefined ? undefined : this.#program.toHost(absolute);
    if (onHost === undefined)
      this.#facts.find(
        'warn',
        'path-not-on-host',
        absolute === undefined
          ? `--${flag} ${path} is relative, and nothing says where etcd was started`
          : `--${flag} ${path} is not in a directory of the host`,
        { flag: `--${flag}`, path },
      );
    return onHost;
  }
}
