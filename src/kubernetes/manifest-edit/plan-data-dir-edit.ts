import { parseFlags } from '../flags/index.ts';
import { isInside, normalizePath, parseStaticPod, type StaticPod } from '../static-pod/index.ts';
import { parseYaml, type YamlNode } from '../yaml/index.ts';
import type { DataDirEdit, ManifestChange } from './data-dir-edit.ts';
import { type DataDirPlace, locateDataDir } from './locate-data-dir.ts';
import { type DataDirMove, planMove } from './plan-move.ts';
import { nodeAt, type NodePath, samePath, scalarsBelow } from './node-path.ts';
import { refuseEdit } from './refuse.ts';
import type { Replacement } from './splice.ts';

/** Which values of a manifest change, and what the data dir's paths are afterwards. */
export interface DataDirPlan {
  readonly hostTo: string;
  readonly containerTo: string;
  readonly changes: readonly PlannedChange[];
}

type PlannedChange = Replacement & Pick<ManifestChange, 'what'>;

/** Errors: MANIFEST_EDIT_REFUSED, CONFIG_FILE_INVALID. */
export function planDataDirEdit(text: string, edit: DataDirEdit): DataDirPlan {
  const pod = parseStaticPod(text, edit.path);
  const root = parseYaml(text, edit.path);
  const place = locateDataDir(pod);
  const move = planMove(pod, place, edit);
  const container: NodePath = ['spec', 'containers', pod.containers.indexOf(place.program.container)];
  const changes: PlannedChange[] = [];
  if (move.containerTo !== place.containerPath) {
    const setting = findSetting(root, container, place, pod.path);
    changes.push({ ...setting, what: 'data-dir', to: move.containerTo });
  }
  const mount = [...container, 'volumeMounts', place.program.container.volumeMounts.indexOf(place.mount)];
  if (move.mountTo !== move.mountFrom) {
    const path = [...mount, 'mountPath'];
    changes.push({ path, what: 'mount-path', from: place.mount.mountPath, to: move.mountTo });
  }
  if (move.volumeTo !== move.volumeFrom) {
    const volume = pod.volumes.findIndex(({ name }) => name === place.mount.name);
    const from = pod.volumes[volume]!.hostPath!.path;
    changes.push({
      path: ['spec', 'volumes', volume, 'hostPath', 'path'],
      what: 'host-path',
      from,
      to: move.volumeTo,
    });
    refuseSecondUser(root, pod, place, mount);
  }
  refuseOtherMentions(root, container, pod, place, move, changes);
  return { hostTo: normalizePath(edit.to), containerTo: move.containerTo, changes };
}

type Spot = Pick<Replacement, 'path' | 'from' | 'after'>;

/** The value in the manifest that says the data dir. */
function findSetting(root: YamlNode, container: NodePath, place: DataDirPlace, file: string): Spot {
  const { program, setting } = place;
  const from = setting.value;
  if (setting.source === 'environment') {
    const index = itemsAt(root, [...container, 'env']).findLastIndex(([, item]) => {
      const name = nodeAt(item, ['name']);
      return name?.kind === 'scalar' && name.text === setting.writtenAs;
    });
    return { path: [...container, 'env', index, 'value'], from };
  }
  const flag = parseFlags(program.argv).get('data-dir')!;
  if (flag.all.length > 1) throw refuseEdit(file, '--data-dir is given more than once', flag.line);
  const words = argvPaths(root, container);
  if (program.foundBy === 'shell') return findInScript(root, words, from, file);
  const offset = program.container.argv.length - program.argv.length;
  const isOneWord = program.argv[flag.index]!.value.includes('=');
  const path = words[offset + flag.index + (isOneWord ? 0 : 1)]!;
  return { path, from, ...(isOneWord && { after: /^--?data[-_]dir=$/ }) };
}

function findInScript(root: YamlNode, words: readonly NodePath[], from: string, file: string): Spot {
  const scripts = words.filter((path) => {
    const node = nodeAt(root, path);
    return node?.kind === 'scalar' && /--?data[-_]dir\b/.test(node.text);
  });
  if (scripts.length !== 1) throw refuseEdit(file, 'the start script does not name --data-dir in one place');
  // In a double-quoted YAML text the script's own quotes are escaped.
  return { path: scripts[0]!, from, after: /(^|\s)--?data[-_]dir(=|\s+)\\?["']?$/ };
}

/** Where each word of the container's argv is written. */
function argvPaths(root: YamlNode, container: NodePath): NodePath[] {
  return ['command', 'args'].flatMap((name) =>
    itemsAt(root, [...container, name]).map(([i]) => [...container, name, i]),
  );
}

/** Another mount of the same volume, in any container, would see the new directory too. */
function refuseSecondUser(root: YamlNode, pod: StaticPod, place: DataDirPlace, own: NodePath): void {
  for (const kind of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const [i, container] of itemsAt(root, ['spec', kind])) {
      for (const [k, mount] of itemsAt(container, ['volumeMounts'])) {
        const name = nodeAt(mount, ['name']);
        const isOther = !samePath(['spec', kind, i, 'volumeMounts', k], own);
        if (name?.kind === 'scalar' && name.text === place.mount.name && isOther) {
          throw refuseEdit(pod.path, `the volume ${place.mount.name} is mounted a second time`, mount.line);
        }
      }
    }
  }
}

function itemsAt(root: YamlNode, path: NodePath): readonly (readonly [index: number, item: YamlNode])[] {
  const list = nodeAt(root, path);
  return list?.kind === 'list' ? [...list.items.entries()] : [];
}

/** Whatever else names the old path inside the container would be left pointing nowhere. */
function refuseOtherMentions(
  root: YamlNode,
  container: NodePath,
  pod: StaticPod,
  place: DataDirPlace,
  move: DataDirMove,
  changes: readonly PlannedChange[],
): void {
  if (move.containerTo === place.containerPath) return;
  const gone = move.mountTo === move.mountFrom ? place.containerPath : move.mountFrom;
  for (const scalar of scalarsBelow(nodeAt(root, container)!, container)) {
    const change = changes.find(({ path }) => samePath(path, scalar.path));
    const rest = change === undefined ? scalar.text : scalar.text.replace(change.from, '');
    if (mentions(rest, gone)) throw refuseEdit(pod.path, `${gone} is used here as well`, scalar.line);
  }
}

function mentions(text: string, directory: string): boolean {
  for (let at = text.indexOf(directory); at >= 0; at = text.indexOf(directory, at + 1)) {
    const before = text[at - 1] ?? '';
    if (!/[\w./-]/.test(before) && isInside(directory, pathAt(text, at))) return true;
  }
  return false;
}

function pathAt(text: string, start: number): string {
  return /^[\w./-]+/.exec(text.slice(start))?.[0] ?? '';
}
