import type { YamlNode } from '../yaml/index.ts';

/** The way from the root of a file to a value in it. */
export type NodePath = readonly (string | number)[];

export function nodeAt(root: YamlNode, path: NodePath): YamlNode | undefined {
  let node: YamlNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step));
    else if (node?.kind === 'list' && typeof step === 'number') node = node.items[step];
    else return undefined;
  }
  return node;
}

/** Every scalar with the way to it, in the order of the file. */
export function* scalarsBelow(
  node: YamlNode,
  path: NodePath = [],
): Generator<{ readonly path: NodePath; readonly text: string; readonly line: number }> {
  if (node.kind === 'scalar') yield { path, text: node.text, line: node.line };
  else if (node.kind === 'list') {
    for (const [i, item] of node.items.entries()) yield* scalarsBelow(item, [...path, i]);
  } else {
    for (const [key, value] of node.entries) yield* scalarsBelow(value, [...path, key]);
  }
}

/** Whether two ways are the same. */
export function samePath(a: NodePath, b: NodePath): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i]);
}

/**
 * The first value in which a file differs from another one with these texts put in place; undefined when it is
 * exactly that.
 */
export function findDifference(
  before: YamlNode,
  after: YamlNode,
  replaced: readonly { readonly path: NodePath; readonly newText: string }[],
  path: NodePath = [],
): NodePath | undefined {
  if (before.kind === 'scalar') {
    const replacement = replaced.find((candidate) => samePath(candidate.path, path));
    const isSame =
      after.kind === 'scalar' &&
      after.text === (replacement?.newText ?? before.text) &&
      after.isNull === before.isNull &&
      // Quotes make a text of what would be a number without them.
      (replacement !== undefined || (after.style === 'plain') === (before.style === 'plain'));
    return isSame ? undefined : path;
  }
  if (before.kind === 'list') {
    if (after.kind !== 'list' || after.items.length !== before.items.length) return path;
    return firstDefined(before.items.keys(), (i) =>
      findDifference(before.items[i]!, after.items[i]!, replaced, [...path, i]),
    );
  }
  if (after.kind !== 'map' || after.entries.size !== before.entries.size) return path;
  return firstDefined(before.entries.keys(), (key) => {
    const other = after.entries.get(key);
    if (other === undefined) return [...path, key];
    return findDifference(before.entries.get(key)!, other, replaced, [...path, key]);
  });
}

function firstDefined<Key, Value>(
  keys: Iterable<Key>,
  find: (key: Key) => Value | undefined,
): Value | undefined {
  for (const key of keys) {
    const found = find(key);
    if (found !== undefined) return found;
  }
  return undefined;
}
