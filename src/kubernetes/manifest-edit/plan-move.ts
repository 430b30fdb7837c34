import { posix } from 'node:path';
import { isInside, normalizePath, type StaticPod } from '../static-pod/index.ts';
import type { DataDirEdit } from './data-dir-edit.ts';
import type { DataDirPlace } from './locate-data-dir.ts';
import { refuseEdit } from './refuse.ts';

/** Where the data dir, its mount and its volume are now and will be. Host and container paths, all normal. */
export interface DataDirMove {
  readonly containerTo: string;
  readonly mountFrom: string;
  readonly mountTo: string;
  readonly volumeFrom: string;
  readonly volumeTo: string;
}

/**
 * Decides what moves: the volume with its mount, or, within a mount that holds more than the data dir, the data dir
 * alone.
 *
 * Errors: MANIFEST_EDIT_REFUSED.
 */
export function planMove(pod: StaticPod, place: DataDirPlace, edit: DataDirEdit): DataDirMove {
  const to = checkPath(pod.path, edit.to);
  const { containerPath, hostPath, mount } = place;
  if (normalizePath(edit.from) !== hostPath) {
    throw refuseEdit(pod.path, `the data dir is ${hostPath}, not ${edit.from}`, place.setting.line);
  }
  if (to === hostPath) throw refuseEdit(pod.path, `the data dir is ${hostPath} already`, place.setting.line);
  if (mount.subPath !== undefined) {
    throw refuseEdit(pod.path, 'the data dir is on a part of a volume (subPath)', mount.line);
  }
  const mountFrom = normalizePath(mount.mountPath);
  const volumeFrom = normalizePath(pod.volumes.find(({ name }) => name === mount.name)!.hostPath!.path);
  const below = posix.relative(mountFrom, containerPath);
  const isWithinMount = below !== '' && isInside(volumeFrom, to);
  const containerTo = isWithinMount
    ? posix.join(mountFrom, posix.relative(volumeFrom, to))
    : checkPath(pod.path, edit.containerTo ?? (containerPath === hostPath ? to : containerPath));
  if (isWithinMount) return { containerTo, mountFrom, mountTo: mountFrom, volumeFrom, volumeTo: volumeFrom };
  const volumeTo = parentOf(to, below);
  const mountTo = parentOf(containerTo, below);
  if (volumeTo === undefined || mountTo === undefined) {
    const why = `the data dir is ${below} within its volume; the new one must be too, or lie in ${volumeFrom}`;
    throw refuseEdit(pod.path, why, mount.line);
  }
  if (mountTo !== mountFrom) refuseOverlap(pod, place, mountTo);
  return { containerTo, mountFrom, mountTo, volumeFrom, volumeTo };
}

/** The new mount must not lie on, in or around another one. */
function refuseOverlap(pod: StaticPod, place: DataDirPlace, mountTo: string): void {
  for (const other of place.program.container.volumeMounts) {
    const path = normalizePath(other.mountPath);
    if (other === place.mount || (!isInside(path, mountTo) && !isInside(mountTo, path))) continue;
    throw refuseEdit(pod.path, `${mountTo} would overlap with another mount`, other.line);
  }
}

function checkPath(file: string, path: string): string {
  if (!/^\/[^\0-\x1f\x7f"'\\$:]+$/.test(path) || path.trim() !== path) {
    throw refuseEdit(file, `${JSON.stringify(path)} is not a path that a manifest can hold`);
  }
  return normalizePath(path);
}

/** `/a/b/c` without its end `c`; undefined when it does not end so, or nothing would be left. */
function parentOf(path: string, below: string): string | undefined {
  if (below === '') return path;
  const parent = path.endsWith(`/${below}`) ? path.slice(0, -below.length - 1) : '';
  return parent === '' ? undefined : parent;
}
