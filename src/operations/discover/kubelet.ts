/** The kubelet of a host and the directory that it runs static pods from: derived, never assumed. */
import { basename, isAbsolute } from 'node:path/posix';
import type { HostProcess, LocalHost } from '../../hosts/index.ts';
import {
  type ConfigText,
  type KubeletFlags,
  type KubeletSetting,
  mergeKubeletConfigs,
  orderDropIns,
  parseKubeletFlags,
} from '../../kubernetes/index.ts';
import type { Evidence, KubeletInstallation } from './discovery.ts';
import type { FactRecord } from './fact-record.ts';
import { isReadProblem } from './read-problem.ts';
import type { RancherServer } from './rancher-etcd.ts';
import { readService, type ServiceCommand, startsProgram } from './systemd/index.ts';

export interface KubeletFacts {
  readonly kubelet?: KubeletInstallation;
  readonly manifestsDir?: string;
}

const usualConfigFile = '/var/lib/kubelet/config.yaml';
const usualManifestsDir = '/etc/kubernetes/manifests';
const maxDropInDepth = 4;

/** What the kubelet was, or would be, started with. */
interface KubeletStart {
  readonly flags: KubeletFlags;
  /** In words: `kubelet (pid 812)`. */
  readonly name: string;
  readonly source: 'process' | 'file';
  /** File and line of the unit that says it. */
  readonly at: Pick<Evidence, 'file' | 'line'>;
  readonly reliability: Evidence['reliability'];
  readonly installation: KubeletInstallation;
}

/**
 * Finds the manifests dir: what the caller knows, else the running kubelet's flags and config, else those of its
 * unit, else the config at its usual place, else the directory that kubeadm makes.
 */
export async function findKubelet(
  host: LocalHost,
  processes: readonly HostProcess[],
  facts: FactRecord,
  { given, rancher }: { readonly given?: string; readonly rancher?: RancherServer } = {},
): Promise<KubeletFacts> {
  const start = startOfProcess(processes) ?? (await startOfService(host));
  // The kubelet of k3s and rke2 has no unit of its own; rke2's is a process only while rke2 runs.
  const rancherDir = rancher === undefined ? undefined : `${rancher.dataDir}/agent/pod-manifests`;
  const isRancherOnly = start === undefined && rancherDir !== undefined;
  if (isRancherOnly && (await host.stat(rancherDir)) !== undefined) {
    facts.note('manifestsDir', {
      source: 'default',
      where: `where ${rancher!.kind} keeps static pods`,
      reliability: 'likely',
    });
    return { manifestsDir: given ?? rancherDir };
  }
  const found = await followStart(host, start, facts);
  return given === undefined ? found : { ...found, manifestsDir: given };
}

function startOfProcess(processes: readonly HostProcess[]): KubeletStart | undefined {
  const running = processes.find(({ argv }) => kubeletArguments(argv) !== undefined);
  if (running === undefined) return undefined;
  return {
    flags: parseKubeletFlags(kubeletArguments(running.argv)!),
    name: `kubelet (pid ${running.pid})`,
    source: 'process',
    at: {},
    reliability: 'sure',
    installation: { pid: running.pid },
  };
}

/** The arguments of a kubelet with its name in front; `hyperkube kubelet …` is one, too. */
function kubeletArguments(argv: readonly string[]): readonly string[] | undefined {
  if (startsProgram(argv, 'kubelet')) return argv;
  return startsProgram(argv, 'hyperkube') && argv[1] === 'kubelet' ? argv.slice(1) : undefined;
}

async function startOfService(host: LocalHost): Promise<KubeletStart | undefined> {
  const service: ServiceCommand | undefined = await readService(host, 'kubelet.service');
  const argv = service === undefined ? undefined : kubeletArguments(service.argv);
  if (service === undefined || argv === undefined) return undefined;
  return {
    flags: parseKubeletFlags(argv),
    name: `${basename(service.unitFile)} (not running)`,
    source: 'file',
    at: { file: service.execFile, line: service.execLine },
    reliability: 'likely',
    installation: { systemdUnit: service.unitFile },
  };
}

async function followStart(
  host: LocalHost,
  start: KubeletStart | undefined,
  facts: FactRecord,
): Promise<KubeletFacts> {
  const path = start?.flags.podManifestPath;
  if (start !== undefined && path !== undefined && isAbsolute(path.value)) {
    const { source, name, at, reliability } = start;
    facts.note('manifestsDir', { source, where: `${name} --pod-manifest-path`, ...at, reliability });
    return { kubelet: start.installation, manifestsDir: path.value };
  }
  const configFile = start?.flags.configFile?.value;
  const configDir = start?.flags.configDir?.value;
  if (start !== undefined && (configFile !== undefined || configDir !== undefined)) {
    const read = await readConfig(host, facts, configFile, configDir);
    const kubelet: KubeletInstallation = {
      ...start.installation,
      ...(configFile === undefined ? {} : { configFile }),
      ...(read.dropIns.length === 0 ? {} : { configDropIns: read.dropIns }),
    };
    if (configFile !== undefined) {
      const { source, name, at, reliability } = start;
      facts.note('kubelet.configFile', { source, where: `${name} --config`, ...at, reliability });
    }
    if (read.staticPodPath !== undefined) {
      const manifestsDir = noteStaticPodPath(facts, read.staticPodPath, start.name, start.reliability);
      return { kubelet, manifestsDir };
    }
    if (read.isReadable) {
      facts.notThere(`the kubelet's config names no static pod path`);
      return { kubelet };
    }
    return { kubelet, ...(await usualPlaces(host, facts)) };
  }
  const rest = await usualPlaces(host, facts);
  return start === undefined ? rest : { ...rest, kubelet: { ...rest.kubelet, ...start.installation } };
}

/** No flag tells: the files where kubeadm puts them. */
async function usualPlaces(host: LocalHost, facts: FactRecord): Promise<KubeletFacts> {
  if ((await host.stat(usualConfigFile)) !== undefined) {
    const { staticPodPath } = await readConfig(host, facts, usualConfigFile, undefined);
    if (staticPodPath !== undefined) {
      facts.note('kubelet.configFile', {
        source: 'default',
        where: 'the usual place of the kubelet config',
        reliability: 'likely',
      });
      const manifestsDir = noteStaticPodPath(facts, staticPodPath, 'no running kubelet', 'likely');
      return { kubelet: { configFile: usualConfigFile }, manifestsDir };
    }
  }
  if ((await host.stat(usualManifestsDir)) === undefined) {
    facts.notThere(`no ${usualManifestsDir}`);
    return {};
  }
  facts.note('manifestsDir', {
    source: 'default',
    where: 'where kubeadm puts it; nothing says so',
    reliability: 'guess',
  });
  return { manifestsDir: usualManifestsDir };
}

function noteStaticPodPath(
  facts: FactRecord,
  { value, file, line }: KubeletSetting<string>,
  reader: string,
  reliability: Evidence['reliability'],
): string {
  facts.note('manifestsDir', {
    source: 'file',
    where: `staticPodPath of the kubelet config (${reader})`,
    file,
    line,
    reliability,
  });
  return value.length > 1 ? value.replace(/\/+$/, '') : value;
}

interface ReadConfig {
  readonly staticPodPath?: KubeletSetting<string>;
  readonly dropIns: readonly string[];
  readonly isReadable: boolean;
}

async function readConfig(
  host: LocalHost,
  facts: FactRecord,
  configFile: string | undefined,
  configDir: string | undefined,
): Promise<ReadConfig> {
  const dropIns =
    configDir === undefined ? [] : orderDropIns(await filesBelow(host, configDir, '', maxDropInDepth));
  const paths = dropIns.map((name) => `${configDir}/${name}`);
  try {
    const texts: ConfigText[] = [];
    for (const path of configFile === undefined ? paths : [configFile, ...paths]) {
      const text = await host.readText(path);
      if (text === undefined)
        facts.find('warn', 'kubelet-config-missing', `${path} does not exist`, { path });
      else texts.push({ text, path });
    }
    if (texts.length === 0) return { dropIns: paths, isReadable: false };
    const { staticPodPath } = mergeKubeletConfigs(texts);
    return { dropIns: paths, isReadable: true, ...(staticPodPath === undefined ? {} : { staticPodPath }) };
  } catch (error) {
    if (!isReadProblem(error)) throw error;
    facts.find('warn', 'kubelet-config-unreadable', error.message, {
      path: configFile ?? configDir ?? '',
    });
    return { dropIns: paths, isReadable: false };
  }
}

/** Relative paths of all files below a directory. */
async function filesBelow(host: LocalHost, root: string, below: string, depth: number): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await host.list(`${root}/${below}`)) ?? []) {
    const path = below === '' ? name : `${below}/${name}`;
    const kind = (await host.stat(`${root}/${path}`))?.kind;
    if (kind === 'file') files.push(path);
    else if (kind === 'directory' && depth > 0)
      files.push(...(await filesBelow(host, root, path, depth - 1)));
  }
  return files;
}
