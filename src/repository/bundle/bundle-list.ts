import { formatHex, parseHex, utf8 } from '../../base/index.ts';
import {
  type JsonObject,
  type JsonValue,
  numberField,
  parseVersioned,
  textField,
} from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import {
  type BundleDirectory,
  type BundleFile,
  type BundleFileKind,
  bundleFileKinds,
  type BundleLink,
  type BundleList,
} from './bundle-tree.ts';

/** More is no bundle of a control plane: refused before it is read, and never written. */
export const bundleLimits = {
  listBytes: 4 << 20,
  fileBytes: 4 << 20,
  totalBytes: 32 << 20,
  entries: 4096,
} as const;

const maxPathBytes = 4096;
const maxNameBytes = 255;

/** The content of a list: the same for the same tree. */
export function encodeBundleList(list: BundleList): Uint8Array {
  return utf8(
    JSON.stringify({
      formatVersion: 1,
      directories: list.directories
        .toSorted(byPath)
        .map(({ path, mode, uid, gid }) => ({ path, mode, uid, gid })),
      files: list.files
        .toSorted(byPath)
        .map(({ path, kind, mode, uid, gid, mtimeMs, sizeBytes, sha256, id }) => ({
          ...{ path, kind, mode, uid, gid, mtimeMs, size: sizeBytes, sha256 },
          id: formatHex(id),
        })),
      links: list.links.toSorted(byPath).map(({ path, target }) => ({ path, target })),
    }),
  );
}

/**
 * Decodes a list. Whoever wrote it is not trusted: every path is absolute and plain, none is there twice, and none goes
 * through a file or a link of the list, so that a tree of it can be written without leaving its top.
 * Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN.
 */
export function decodeBundleList(content: Uint8Array, what: string): BundleList {
  if (content.length > bundleLimits.listBytes) throw damaged(what, `has ${content.length} bytes`);
  const object = parseVersioned(content, what);
  const list = {
    directories: entriesOf(object, 'directories', what).map((entry) => decodeDirectory(entry, what)),
    files: entriesOf(object, 'files', what).map((entry) => decodeFile(entry, what)),
    links: entriesOf(object, 'links', what).map((entry) => decodeLink(entry, what)),
  };
  requireTree(list, what);
  return list;
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function entriesOf(object: JsonObject, name: string, what: string): readonly JsonObject[] {
  const value = object[name];
  const isObject = (item: JsonValue) => typeof item === 'object' && item !== null && !Array.isArray(item);
  if (!Array.isArray(value) || value.length > bundleLimits.entries || !value.every(isObject))
    throw damaged(what, `has no ${name}`);
  return value as readonly JsonObject[];
}

function decodeDirectory(entry: JsonObject, what: string): BundleDirectory {
  return { path: pathField(entry, what), ...ownedFields(entry, what) };
}

function decodeFile(entry: JsonObject, what: string): BundleFile {
  const path = pathField(entry, what);
  const kind = textField(entry, 'kind', what);
  const sha256 = textField(entry, 'sha256', what);
  const id = textField(entry, 'id', what);
  const sizeBytes = numberField(entry, 'size', what);
  if (!/^[0-9a-f]{64}$/.test(sha256) || !/^[0-9a-f]{64}$/.test(id) || sizeBytes > bundleLimits.fileBytes)
    throw damaged(what, `says nothing sound of ${JSON.stringify(path)}`);
  return {
    path,
    // A kind of a newer version is a file all the same.
    kind: bundleFileKinds.includes(kind as BundleFileKind) ? (kind as BundleFileKind) : 'configuration',
    ...ownedFields(entry, what),
    mtimeMs: numberField(entry, 'mtimeMs', what),
    sizeBytes,
    sha256,
    id: parseHex(id),
  };
}

function decodeLink(entry: JsonObject, what: string): BundleLink {
  const target = textField(entry, 'target', what);
  if (target === '' || target.includes('\0') || Buffer.byteLength(target) > maxPathBytes)
    throw damaged(what, 'has a link that leads nowhere');
  return { path: pathField(entry, what), target };
}

function ownedFields(entry: JsonObject, what: string) {
  return {
    mode: numberField(entry, 'mode', what) & 0o777,
    uid: numberField(entry, 'uid', what),
    gid: numberField(entry, 'gid', what),
  };
}

function pathField(entry: JsonObject, what: string): string {
  const path = textField(entry, 'path', what);
  if (!isPlainPath(path)) throw damaged(what, `has the path ${JSON.stringify(path.slice(0, 200))}`);
  return path;
}

function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.includes('\0') || Buffer.byteLength(path) > maxPathBytes) return false;
  const names = path.slice(1).split('/');
  return names.every(
    (name) => name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= maxNameBytes,
  );
}

function requireTree({ directories, files, links }: BundleList, what: string): void {
  const leaves = new Set<string>();
  const paths = new Set<string>();
  for (const { path } of [...files, ...links]) leaves.add(path);
  for (const { path } of [...directories, ...files, ...links]) {
    if (paths.has(path)) throw damaged(what, `has ${JSON.stringify(path)} twice`);
    paths.add(path);
    for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1))
      if (leaves.has(path.slice(0, end)))
        throw damaged(what, `has ${JSON.stringify(path)} below what is no directory`);
  }
}
