import { basename } from 'node:path';
import { isHoldfastError, type OperationContext } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import {
  findContainer,
  parseEncryptionConfig,
  parseStaticPod,
  readablePrefixes,
} from '../../../kubernetes/index.ts';
import { discover, type Discovery } from '../../discover/index.ts';
import { journalPath } from '../../recovery-state/index.ts';
import { readPendingRecovery } from '../journal/index.ts';
import { type Ledger, readLedger } from '../../ledger/index.ts';
import type { ManifestRole, PlannedOwner, ProcessMark } from '../plan/index.ts';
import { type NotedKeys, readDataDirFacts } from '../revisions/index.ts';
import { isApiServerReady } from '../verify/index.ts';
import { isMountPoint } from './mount-point.ts';
import type { DataDirPlace, HostFacts, ManifestFacts, Problem } from './host-facts.ts';

/** In the order in which they are taken away. */
const roles: readonly ManifestRole[] = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'etcd',
];

/** The first needs no rule of the cluster; what the second may do is one, and a snapshot may be older than that rule. */
const adminKubeconfigs = [
  '/etc/kubernetes/super-admin.conf',
  '/etc/kubernetes/admin.conf',
  '/etc/rancher/k3s/k3s.yaml',
  '/etc/rancher/rke2/rke2.yaml',
];

export interface InspectOptions {
  /** How the host is called in messages. */
  readonly host: string;
  readonly manifestsDir?: string;
  /** Told the keys of the old data, which are too many for a fact. */
  readonly onOldKeys?: (noted: NotedKeys) => void;
}

/**
 * Looks at a host and changes nothing. What cannot be read is a fact too; only a host where etcd cannot be found at
 * all is an error. Errors: ETCD_NOT_FOUND, ETCD_AMBIGUOUS, FILE_NOT_READABLE, JOURNAL_DAMAGED.
 */
export async function inspectHost(
  machine: LocalHost,
  options: InspectOptions,
  ctx: OperationContext,
): Promise<HostFacts> {
  const pending = await readPendingRecovery(await machine.realPath(journalPath));
  const discovery = await discover(
    {
      root: machine.root,
      ...(options.manifestsDir === undefined ? {} : { manifestsDir: options.manifestsDir }),
      // With a recovery pending the etcd manifest may be away.
      allowNone: pending !== undefined,
    },
    ctx,
  );
  const { etcd } = discovery;
  const kubeconfig = await firstFile(machine, adminKubeconfigs);
  const prefix = discovery.apiServer?.etcdPrefix ?? '/registry';
  return {
    host: options.host,
    discovery,
    manifests: await readManifests(machine, discovery),
    dataDir:
      etcd?.dataDir === undefined
        ? undefined
        : await inspectDataDir(machine, { path: etcd.dataDir, walDir: etcd.walDir, prefix }, options, ctx),
    ledger: etcd?.dataDir === undefined ? undefined : await readLedgerIfSound(machine, etcd.dataDir),
    kubeconfig,
    apiServerReady: await isApiServerReady(machine, discovery.apiServer, kubeconfig, ctx.signal),
    kubeletUnit: await restartableUnit(machine, discovery, ctx),
    readablePrefixes: await readEncryption(machine, discovery.apiServer?.encryptionProviderConfig),
    canFence: await isSameFileSystem(machine, discovery.manifestsDir),
    seesProcesses: (await machine.processes()).length > 0,
    pending,
  };
}

async function readManifests(machine: LocalHost, discovery: Discovery): Promise<ManifestFacts[]> {
  const found: ManifestFacts[] = [];
  for (const role of roles) {
    const file = discovery.staticPods.find((pod) => pod.role === role)?.file;
    const text = file === undefined ? undefined : await machine.readText(file);
    if (file === undefined || text === undefined) continue;
    found.push({ role, file, text, process: processMark(text, file, role) });
  }
  return found;
}

/**
 * Arguments with a path in them look different outside the container in some set-ups, and what the kubelet puts in for
 * `$(NAME)` is not known here; the others tell one instance from another.
 */
export function processMark(text: string, file: string, role: ManifestRole): ProcessMark {
  const program = findContainer(parseStaticPod(text, file), role);
  const [command, ...args] = program?.argv ?? [];
  return {
    program: command === undefined ? role : basename(command.value),
    args: args.map(({ value }) => value).filter((arg) => !/=\/|^\/|\$\(/.test(arg)),
  };
}

async function inspectDataDir(
  machine: LocalHost,
  {
    path,
    walDir,
    prefix,
  }: { readonly path: string; readonly walDir: string | undefined; readonly prefix: string },
  { onOldKeys }: InspectOptions,
  ctx: OperationContext,
): Promise<DataDirPlace> {
  const there = await machine.stat(path);
  return {
    path,
    exists: there !== undefined,
    isMountPoint: await isMountPoint(machine, path),
    walDir,
    walDirExists: walDir !== undefined && (await machine.stat(walDir)) !== undefined,
    owner: {
      uid: there?.uid ?? 0,
      gid: there?.gid ?? 0,
      mode: there?.mode ?? 0o700,
      selinuxLabel: await selinuxLabel(machine, path, there !== undefined, ctx),
    },
    content: await readDataDirFacts(machine, path, walDir, prefix, ctx, onOldKeys),
  };
}

/** Undefined where SELinux does not run. */
async function selinuxLabel(
  machine: LocalHost,
  path: string,
  isThere: boolean,
  ctx: OperationContext,
): Promise<PlannedOwner['selinuxLabel']> {
  if (!isThere || (await machine.stat('/sys/fs/selinux/enforce')) === undefined) return undefined;
  const result = await machine.run(['stat', '--format=%C', path], { signal: ctx.signal });
  const label = result?.exitCode === 0 ? result.stdout.trim() : '';
  return label === '' || label === '?' ? undefined : label;
}

async function readLedgerIfSound(machine: LocalHost, dataDir: string): Promise<Ledger | Problem | undefined> {
  return await orProblem(() => readLedger(machine, dataDir));
}

async function readEncryption(
  machine: LocalHost,
  path: string | undefined,
): Promise<readonly string[] | Problem | undefined> {
  if (path === undefined) return undefined;
  return await orProblem(async () => {
    const text = await machine.readText(path);
    return text === undefined
      ? { problem: `${path} is not there` }
      : readablePrefixes(parseEncryptionConfig(text, path));
  });
}

async function orProblem<T>(read: () => Promise<T>): Promise<T | Problem> {
  try {
    return await read();
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    return { problem: error.message };
  }
}

async function firstFile(machine: LocalHost, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if ((await machine.stat(path))?.kind === 'file') return path;
  return undefined;
}

async function restartableUnit(
  machine: LocalHost,
  { kubelet }: Discovery,
  ctx: OperationContext,
): Promise<string | undefined> {
  const unit = kubelet?.systemdUnit ?? 'kubelet.service';
  const result = await machine.run(['systemctl', 'is-active', unit], {
    signal: ctx.signal,
    timeoutMs: 10_000,
  });
  return result?.exitCode === 0 ? unit : undefined;
}

async function isSameFileSystem(machine: LocalHost, manifestsDir: string | undefined): Promise<boolean> {
  if (manifestsDir === undefined) return false;
  return (await machine.stat(manifestsDir)) !== undefined && !(await isMountPoint(machine, manifestsDir));
}
