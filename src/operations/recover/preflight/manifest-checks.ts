import { basename } from 'node:path';
import { onEachHost, type PlanCheck } from './checks-input.ts';

/**
 * The kubelet runs every file of the manifests dir whose name does not begin with a dot: a copy of a manifest that
 * somebody left there is a second API server, or a second etcd on the same data.
 */
export const checkManifests: PlanCheck = onEachHost(({ discovery, manifests }) => {
  const taken = new Set(manifests.map(({ file }) => file));
  return discovery.staticPods
    .filter(({ file, role }) => !taken.has(file) && role !== 'other')
    .map(({ file, role }) => ({
      severity: 'fail',
      code: 'stray-manifest',
      message:
        role === 'unreadable'
          ? `${file} is in the manifests dir and is no manifest that can be read; move it out`
          : `${file} is a second manifest of ${role} that the kubelet also runs; move ${basename(file)} out of the manifests dir`,
    }));
});
