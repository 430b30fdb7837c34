import { posix } from 'node:path';
import type { StaticPod, StaticPodContainer, VolumeMount } from './static-pod.ts';

/**
 * Where a path inside a container is on the host: through the mount with the longest matching `mountPath`. Undefined
 * when that is no hostPath volume, when no mount holds the path, and when the path is relative.
 */
export function containerPathToHost(
  pod: StaticPod,
  container: StaticPodContainer,
  path: string,
): string | undefined {
  if (!posix.isAbsolute(path)) return undefined;
  const wanted = normalizePath(path);
  const mount = findMount(container, wanted);
  const hostPath = pod.volumes.find(({ name }) => name === mount?.name)?.hostPath;
  if (mount === undefined || hostPath === undefined || mount.subPath?.includes('$(') === true)
    return undefined;
  const below = posix.relative(normalizePath(mount.mountPath), wanted);
  return normalizePath(posix.join(hostPath.path, mount.subPath ?? '', below));
}

/** The mount that a normal absolute path inside the container lies on. */
export function findMount(container: StaticPodContainer, path: string): VolumeMount | undefined {
  let found: VolumeMount | undefined;
  for (const mount of container.volumeMounts) {
    if (!isInside(normalizePath(mount.mountPath), path)) continue;
    // Of two on the same path the later one covers the earlier.
    if (
      found === undefined ||
      normalizePath(mount.mountPath).length >= normalizePath(found.mountPath).length
    ) {
      found = mount;
    }
  }
  return found;
}

/** Whether a path is a directory or lies below it; both normal. */
export function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Without `.`, `..`, double or trailing slashes. */
export function normalizePath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
