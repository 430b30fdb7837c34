import { FieldReader, type YamlMap } from '../yaml/index.ts';
import type { Argument, Flags } from './flag-value.ts';
import { asArgument, parseFlags } from './parse-flags.ts';

/** What a setting of etcd is, and what says so. */
export interface Setting {
  readonly value: string;
  readonly source: 'flag' | 'environment' | 'config-file' | 'default';
  /** As it is written there: `--data-dir`, `ETCD_DATA_DIR`, `data-dir`. */
  readonly writtenAs: string;
  /** Line in the manifest or config file, counted from 1. */
  readonly line?: number;
}

/** The settings of an etcd by the name of their flag: `data-dir`, `listen-client-urls`, `peer-cert-file`. */
export type EtcdSettings = ReadonlyMap<string, Setting>;

export interface EtcdSettingsSources {
  /** With or without the program's name in front. */
  readonly argv: readonly (string | Argument)[];
  readonly env?: Readonly<Record<string, string | Argument>>;
  /** Content of the file that `etcdConfigFile` names. */
  readonly configFile?: { readonly text: string; readonly path: string };
}

/**
 * All that is set, in etcd's order: with a config file, that alone; otherwise flags, then `ETCD_*`, then defaults.
 * Defaults are given for names, directories and URLs only.
 *
 * Errors: CONFIG_FILE_INVALID. Source: etcd 3.6 server/etcdmain/config.go, server/embed/config.go, pkg/flags/flag.go.
 */
export function readEtcdSettings(sources: EtcdSettingsSources): EtcdSettings {
  const settings = new Map<string, Setting>();
  if (sources.configFile !== undefined) {
    readConfigFile(settings, sources.configFile.text, sources.configFile.path);
  } else {
    for (const [name, setting] of fromEnvironment(sources.env ?? {})) settings.set(name, setting);
    for (const [name, setting] of fromFlags(parseFlags(sources.argv))) settings.set(name, setting);
  }
  addDefaults(settings);
  return settings;
}

/** The path of the config file that a flag, or else the environment, names. */
export function etcdConfigFile(sources: Pick<EtcdSettingsSources, 'argv' | 'env'>): Setting | undefined {
  return (
    fromFlags(parseFlags(sources.argv)).get('config-file') ??
    fromEnvironment(sources.env ?? {}).get('config-file')
  );
}

function fromFlags(flags: Flags): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [name, { value, line }] of flags) {
    settings.set(name, {
      value,
      source: 'flag',
      writtenAs: `--${name}`,
      ...(line !== undefined && { line }),
    });
  }
  return settings;
}

function fromEnvironment(env: Readonly<Record<string, string | Argument>>): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [variable, word] of Object.entries(env)) {
    const { value, line } = asArgument(word);
    // An empty variable counts as not set.
    if (!variable.startsWith('ETCD_') || value === '') continue;
    const name = variable.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-');
    settings.set(name, {
      value,
      source: 'environment',
      writtenAs: variable,
      ...(line !== undefined && { line }),
    });
  }
  return settings;
}

/** The file groups the TLS settings; their flags have the group's name in front. */
const groups: Readonly<Record<string, string>> = {
  'client-transport-security': '',
  'peer-transport-security': 'peer-',
};

function readConfigFile(settings: Map<string, Setting>, text: string, path: string): void {
  const reader = new FieldReader(path);
  const root = reader.parseObject(text, []);
  readFields(settings, root, '');
  for (const [group, prefix] of Object.entries(groups)) {
    const map = reader.map(root, group);
    if (map !== undefined) readFields(settings, map, prefix);
  }
}

function readFields(settings: Map<string, Setting>, map: YamlMap, prefix: string): void {
  for (const [field, node] of map.entries) {
    const texts = node.kind === 'list' ? node.items : [node];
    const values = texts.flatMap((item) => (item.kind === 'scalar' && !item.isNull ? [item.text] : []));
    if (values.length === 0) continue;
    const { line } = node;
    settings.set(prefix + field, { value: values.join(','), source: 'config-file', writtenAs: field, line });
  }
}

function addDefaults(settings: Map<string, Setting>): void {
  const add = (name: string, value: string) => {
    if (!settings.has(name)) settings.set(name, { value, source: 'default', writtenAs: `--${name}` });
  };
  add('name', 'default');
  const name = settings.get('name')!.value;
  add('data-dir', `${name}.etcd`);
  for (const urls of ['listen-client-urls', 'advertise-client-urls']) add(urls, 'http://localhost:2379');
  for (const urls of ['listen-peer-urls', 'initial-advertise-peer-urls']) add(urls, 'http://localhost:2380');
  const peerUrls = settings.get('initial-advertise-peer-urls')!.value.split(',');
  add('initial-cluster', peerUrls.map((url) => `${name}=${url.trim()}`).join(','));
  add('initial-cluster-token', 'etcd-cluster');
}
