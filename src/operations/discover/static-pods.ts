import { basename, dirname } from 'node:path/posix';
import { HoldfastError } from '../../base/index.ts';
import type { LocalHost } from '../../hosts/index.ts';
import {
  findContainer,
  isManifestName,
  parseStaticPod,
  type ProgramInPod,
  type StaticPod,
} from '../../kubernetes/index.ts';
import type { StaticPodFile } from './discovery.ts';
import type { FactRecord } from './fact-record.ts';
import { isReadProblem } from './read-problem.ts';

/** A file of the manifests dir, with what runs in it. */
export interface ReadManifest extends StaticPodFile {
  readonly pod?: StaticPod;
  /** The container that gives the pod its role. */
  readonly program?: ProgramInPod;
}

const roles = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/**
 * Every file that the kubelet runs, by content: names say nothing. A file that is no pod is `unreadable` and a
 * finding.
 */
export async function readManifests(
  host: LocalHost,
  manifestsDir: string,
  facts: FactRecord,
): Promise<ReadManifest[]> {
  const files = await manifestFiles(host, manifestsDir);
  const manifests: ReadManifest[] = [];
  for (const file of files) manifests.push(await readManifest(host, file, facts));
  return manifests;
}

/** The static pod path may name one file instead of a directory. */
async function manifestFiles(host: LocalHost, manifestsDir: string): Promise<string[]> {
  const at = await host.stat(manifestsDir);
  if (at?.kind === 'file') return [manifestsDir];
  const paths: string[] = [];
  for (const name of (await host.list(manifestsDir)) ?? []) {
    const path = `${manifestsDir}/${name}`;
    if (isManifestName(name) && (await host.stat(path))?.kind === 'file') paths.push(path);
  }
  return paths;
}

async function readManifest(host: LocalHost, file: string, facts: FactRecord): Promise<ReadManifest> {
  try {
    const text = await host.readText(file);
    if (text === undefined) return { file, role: 'unreadable' };
    const pod = parseStaticPod(text, file);
    for (const role of roles) {
      const program = findContainer(pod, role);
      // What an image is called says little when the manifest gives another command: etcd's image holds etcdctl, too.
      const isMeant = program !== undefined && !(program.foundBy === 'image' && program.container.hasCommand);
      if (isMeant) return { file, role, podName: pod.name, pod, program };
    }
    return { file, role: 'other', podName: pod.name, pod };
  } catch (error) {
    if (!isReadProblem(error)) throw error;
    facts.find('warn', 'manifest-unreadable', error.message, { path: file });
    facts.notThere(error.message);
    return { file, role: 'unreadable' };
  }
}

/** The one manifest of a role, if there is one. Errors: ETCD_AMBIGUOUS when two of them run etcd. */
export function manifestOf(
  manifests: readonly ReadManifest[],
  role: 'etcd' | 'kube-apiserver',
): ReadManifest | undefined {
  const found = manifests.filter((manifest) => manifest.role === role);
  if (found.length < 2 || role !== 'etcd') return found[0];
  const names = found.map(({ file }) => file);
  throw new HoldfastError('ETCD_AMBIGUOUS', `${names.length} manifests run etcd: ${names.join(', ')}`, {
    hint: `Move the stray one out of ${dirname(names[0]!)}: the kubelet runs ${found
      .map(({ file }) => basename(file))
      .join(' and ')} both.`,
    details: { manifests: names },
  });
}
