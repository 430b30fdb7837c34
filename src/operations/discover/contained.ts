import type { LocalHost } from '../../hosts/index.ts';
import { isReadProblem } from './read-problem.ts';

const containerGroups = /\b(kubepods|docker|containerd|crio|libpod|lxc|machine)\b/;

/** Whether a process is in a container of its own, by the name of its control group: its paths are not the host's then. */
export async function isContained(host: LocalHost, pid: number): Promise<boolean> {
  try {
    const groups = await host.readText(`/proc/${pid}/cgroup`);
    return groups !== undefined && containerGroups.test(groups);
  } catch (error) {
    // A process may be gone by now, and a root may have no such file.
    if (!isReadProblem(error)) throw error;
    return false;
  }
}
