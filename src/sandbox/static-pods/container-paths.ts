import { join, posix } from 'node:path';
import type { PodContainer, PodManifest } from './pod-manifest.ts';

/** A directory or file of the container and what stands for it on this machine. */
export interface PathMapping {
  readonly containerPath: string;
  readonly localPath: string;
}

/** Where a container's volumes are on this machine. */
export interface ContainerPlaces {
  /** The directory that stands for the host's `/`. */
  readonly root: string;
  /** The directory for volumes that come and go with the pod. */
  readonly podDirectory: string;
  /** The container's own layer, empty at each start. */
  readonly layer: string;
}

/** The flags and variables that name what etcd writes to: on no mount, that is the container's own layer. */
const writtenPaths = /^(?:--?(?:data|wal)-dir[= ]|ETCD_(?:DATA|WAL)_DIR=)(\/.*)$/;

/** What each mount of the container stands for, the longest first; then the paths in the container's own layer. */
export function pathMappings(
  pod: PodManifest,
  container: PodContainer,
  places: ContainerPlaces,
): PathMapping[] {
  const mounts = container.mounts.map(({ volume, mountPath, subPath }) => {
    const found = pod.volumes.find(({ name }) => name === volume);
    if (found === undefined) throw new Error(`there is no volume ${volume}`);
    const base =
      found.hostPath === undefined
        ? join(places.podDirectory, volume)
        : hostPathToLocal(places.root, found.hostPath);
    return { containerPath: trimmed(mountPath), localPath: join(base, subPath) };
  });
  mounts.sort((a, b) => b.containerPath.length - a.containerPath.length);
  const words = [...container.command, ...container.args];
  const layered = [
    ...words,
    ...words.map((word, index) => `${word} ${words[index + 1] ?? ''}`),
    ...Object.entries(container.env).map(([name, value]) => `${name}=${value}`),
  ].flatMap((word) => {
    const path = writtenPaths.exec(word)?.[1];
    return path === undefined ? [] : [{ containerPath: trimmed(path), localPath: join(places.layer, path) }];
  });
  return [...mounts, ...layered];
}

/** A path of the host under the directory that stands for its `/`. */
export function hostPathToLocal(root: string, hostPath: string): string {
  return join(root, posix.resolve('/', hostPath));
}

/** A word of a command line, or a value of a variable, with every path on a mount replaced. */
export function replacePaths(text: string, mappings: readonly PathMapping[]): string {
  return text.replaceAll(/(?<=^|[=,:;\s'"])\/[^=,:;\s'"]*/g, (path) => {
    const mapping = mappings.find(
      ({ containerPath }) =>
        path === containerPath || path === `${containerPath}/` || path.startsWith(`${containerPath}/`),
    );
    return mapping === undefined ? path : `${mapping.localPath}${path.slice(mapping.containerPath.length)}`;
  });
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
