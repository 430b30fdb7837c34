/** What lies beside a backup and says more of it: versions, times, labels. Read, never believed. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../../base/index.ts';

/** Where facts about a backup, or a bundle, are. */
export interface Sidecars {
  /** `_etcd_backup.meta` of kops' etcd-manager. */
  readonly kopsMeta?: string;
  /** What k3s keeps in `.metadata`, or a dump of its ConfigMap. */
  readonly k3sMetadata?: string;
  /** OpenShift's `static_kuberesources_<time>.tar.gz`. */
  readonly bundle?: string;
}

export type Facts = Readonly<Record<string, string>>;

const maxSidecarBytes = 4 << 20;

export const kopsMetaName = '_etcd_backup.meta';
export const kopsDataName = 'etcd.backup.gz';
export const bundlePattern = /^static_kuberesources_.+\.tar(\.gz)?$/;

/** What is beside one file of a backup, by the layouts of etcd-manager, k3s and OpenShift. */
export function findSidecars(path: string): Sidecars {
  const [name, directory] = [basename(path), dirname(path)];
  const there = (...parts: string[]) => {
    const candidate = join(directory, ...parts);
    return existsSync(candidate) ? candidate : undefined;
  };
  const kopsMeta = name === kopsDataName ? there(kopsMetaName) : undefined;
  const k3sMetadata = there('..', '.metadata', name);
  const time = /^snapshot_(.+)\.db$/.exec(name)?.[1];
  const bundle = time === undefined ? undefined : there(`static_kuberesources_${time}.tar.gz`);
  return {
    ...(kopsMeta === undefined ? {} : { kopsMeta }),
    ...(k3sMetadata === undefined ? {} : { k3sMetadata }),
    ...(bundle === undefined ? {} : { bundle }),
  };
}

/** The facts in them, and a warning for each that cannot be understood. Errors: FILE_NOT_READABLE. */
export async function readFacts(
  { kopsMeta, k3sMetadata }: Sidecars,
  backupName: string,
): Promise<{ readonly facts: Facts; readonly warnings: readonly string[] }> {
  const warnings: string[] = [];
  const facts: Record<string, string> = {};
  const read = async (path: string | undefined, take: (value: unknown) => Facts | undefined) => {
    if (path === undefined) return;
    const found = take(await readJson(path));
    if (found === undefined) warnings.push(`${path} says nothing that is understood`);
    else Object.assign(facts, found);
  };
  await read(kopsMeta, kopsFacts);
  await read(k3sMetadata, (value) => k3sFacts(value, backupName));
  return { facts, warnings };
}

/** Whether a file is JSON in form: a sidecar rather than a backup. */
export async function looksLikeJson(path: string): Promise<boolean> {
  return (await readJson(path)) !== undefined;
}

async function readJson(path: string): Promise<unknown> {
  try {
    if (statSync(path).size > maxSidecarBytes) return undefined;
    const text = await readFile(path, 'utf8');
    return /^\s*\{/.test(text) ? (JSON.parse(text) as unknown) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw fileError(error, 'read', path);
  }
}

/** protojson of etcd-manager's BackupInfo: etcdVersion, timestamp (as text), clusterSpec. */
function kopsFacts(value: unknown): Facts | undefined {
  if (!isRecord(value)) return undefined;
  const spec = isRecord(value['clusterSpec']) ? value['clusterSpec'] : {};
  const seconds = Number(value['timestamp']);
  return defined({
    etcdVersion: value['etcdVersion'],
    takenAt: Number.isFinite(seconds) && seconds > 0 ? new Date(seconds * 1000).toISOString() : undefined,
    memberCount: spec['memberCount'],
  });
}

/** The data of a ConfigMap: plain pairs, or as `k3s-etcd-snapshots` had it one JSON text for each snapshot. */
function k3sFacts(value: unknown, backupName: string): Facts | undefined {
  if (!isRecord(value)) return undefined;
  if (value['kind'] !== 'ConfigMap') return defined(value);
  const data = isRecord(value['data']) ? value['data'] : {};
  for (const text of Object.values(data)) {
    if (typeof text !== 'string') continue;
    try {
      const entry = JSON.parse(text) as unknown;
      if (isRecord(entry) && entry['name'] === backupName)
        return defined({ nodeName: entry['nodeName'], takenAt: entry['createdAt'], status: entry['status'] });
    } catch {
      // Not a snapshot's row: other data of the map.
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Those that are text or numbers, at most so long. */
function defined(values: Record<string, unknown>): Facts {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, String(value).slice(0, 1000)] as const]
      : [],
  );
  return Object.fromEntries(pairs);
}
