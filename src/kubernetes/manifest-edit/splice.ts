import { nodeAt, type NodePath, findDifference } from './node-path.ts';
import { refuseEdit } from './refuse.ts';
import { parseYaml, type YamlNode, type YamlScalar } from '../yaml/index.ts';

/** A text within one value of a file, to be put in place of another. */
export interface Replacement {
  readonly path: NodePath;
  /** All of the value or a part of it that is there once. */
  readonly from: string;
  readonly to: string;
  /** What stands before `from` in the value, when that alone makes the place certain: a flag's name. */
  readonly after?: RegExp;
}

/** A replacement that was made. */
export interface Splice {
  /** Of the place in the text, counted from 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly newSource: string;
}

/**
 * Makes the replacements in the source text and leaves every other byte as it is, then reads the result and compares
 * it value by value with what was wanted.
 *
 * Errors: MANIFEST_EDIT_REFUSED when a place is not certain, or when more than the wanted values would change.
 */
export function spliceText(
  text: string,
  root: YamlNode,
  file: string,
  replacements: readonly Replacement[],
): { readonly text: string; readonly splices: readonly Splice[] } {
  const splices = replacements.map((replacement) => findSplice(text, root, file, replacement));
  const ordered = splices.toSorted((a, b) => b.start - a.start);
  let edited = text;
  for (const { start, end, newSource } of ordered) {
    edited = edited.slice(0, start) + newSource + edited.slice(end);
  }
  const wanted = replacements.map((replacement) => ({
    path: replacement.path,
    newText: replaceIn(scalarAt(root, replacement.path, file).text, replacement)!,
  }));
  const difference = findDifference(root, parseYaml(edited, file), wanted);
  if (difference !== undefined) {
    const line = nodeAt(root, difference)?.line;
    throw refuseEdit(file, `${difference.join('.')} would change as well`, line);
  }
  return { text: edited, splices };
}

function findSplice(text: string, root: YamlNode, file: string, replacement: Replacement): Splice {
  const node = scalarAt(root, replacement.path, file);
  const newText = replaceIn(node.text, replacement);
  if (newText === undefined) {
    throw refuseEdit(file, `${replacement.from} is not there exactly once`, node.line);
  }
  const source = text.slice(node.start, node.end);
  const at = node.isAlias || !isPlainPath(replacement.to) ? -1 : findOnce(source, replacement);
  if (at >= 0) {
    const start = node.start + at;
    return {
      line: lineAt(text, start),
      start,
      end: start + replacement.from.length,
      newSource: replacement.to,
    };
  }
  if (node.style === 'block' || source.includes('\n')) {
    throw refuseEdit(
      file,
      'the value is written over several lines in a way that is not understood',
      node.line,
    );
  }
  return { line: node.line, start: node.start, end: node.end, newSource: writeScalar(newText, node) };
}

/** The value with the replacement made; undefined when the place is not certain. */
function replaceIn(value: string, replacement: Replacement): string | undefined {
  const at = findOnce(value, replacement);
  if (at < 0) return undefined;
  return value.slice(0, at) + replacement.to + value.slice(at + replacement.from.length);
}

/** Where `from` stands in a text, when it stands there once as a whole path; otherwise -1. */
function findOnce(text: string, { from, after }: Replacement): number {
  const found: number[] = [];
  for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) {
    const isWhole = !/[\w./-]/.test(text[at + from.length] ?? '') && !/[\w./-]/.test(text[at - 1] ?? '');
    if (isWhole && (after === undefined || after.test(text.slice(0, at)))) found.push(at);
  }
  return found.length === 1 ? found[0]! : -1;
}

/** In the quotes that were there, or in single ones where none would be misread. */
function writeScalar(text: string, { style, isAlias }: YamlScalar): string {
  if (style === 'double' && !isAlias) return JSON.stringify(text);
  const isSafe = /^[\w./=-]+$/.test(text) && !/^-[^\w-]/.test(text);
  if ((style === 'plain' || isAlias) && isSafe) return text;
  return `'${text.replaceAll("'", "''")}'`;
}

/** Whether a path reads the same without quotes, in any quotes, and in a shell. */
function isPlainPath(path: string): boolean {
  return /^[\w./-]+$/.test(path);
}

function scalarAt(root: YamlNode, path: NodePath, file: string): YamlScalar {
  const node = nodeAt(root, path);
  if (node?.kind !== 'scalar') throw refuseEdit(file, `${path.join('.')} is not there`, node?.line);
  return node;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
