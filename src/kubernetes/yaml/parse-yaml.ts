import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { invalidFile } from './invalid-file.ts';
import type { Located } from './located.ts';
import type { YamlList, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts';
import { describeYamlError } from './yaml-problem.ts';

/** Many times what a manifest of a control plane needs; the kubelet itself reads 10 MiB. */
const maxCharacters = 1 << 20;
const maxDepth = 100;
/** With every use of an alias counted as all that it stands for. */
const maxNodes = 200_000;

/**
 * The first document of a YAML or JSON text; the kubelet and the API server read no further either.
 *
 * Errors: CONFIG_FILE_INVALID with file and line. No message quotes the text: it may hold keys.
 */
export function parseYaml(text: string, path: string): YamlNode {
  refuseOtherFiles(text, path);
  const lines = new LineCounter();
  const lineOf = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const composer = new Composer({
    // Every plain scalar stays text.
    schema: 'failsafe',
    // The library looks for them in quadratic time, and the last one counts.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const tokens = new Parser(lines.addNewLine).parse(text);
  for (const document of composer.compose(tokens, true, text.length)) {
    const [error] = document.errors;
    if (error !== undefined) throw invalidFile(path, lineOf(error.pos[0]), describeYamlError(error.code));
    if (document.contents === null) break;
    return new TreeBuilder(path, lineOf).build(document.contents, 0);
  }
  throw invalidFile(path, 1, 'nothing is in the file');
}

function refuseOtherFiles(text: string, path: string): void {
  if (text.length > maxCharacters) {
    throw invalidFile(path, 1, `the file is larger than ${maxCharacters} characters`);
  }
  // Neither YAML nor JSON may hold these.
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text);
  if (control === null) return;
  const line = text.slice(0, control.index).split('\n').length;
  throw invalidFile(path, line, 'it holds control characters and is not a YAML file');
}

/** Copies the library's nodes into a tree of our own; lives for one document. */
class TreeBuilder {
  readonly #path: string;
  readonly #lineOf: (offset: number) => number;
  /** Read in document order, an alias means the last anchor of its name before it. */
  readonly #anchors = new Map<string, { readonly node: YamlNode; readonly nodeCount: number }>();
  #nodeCount = 0;

  constructor(path: string, lineOf: (offset: number) => number) {
    this.#path = path;
    this.#lineOf = lineOf;
  }

  build(node: Node, depth: number): YamlNode {
    const [start, end] = node.range ?? [0, 0];
    const place = { line: this.#lineOf(start), start, end, isAlias: false };
    if (depth > maxDepth) throw invalidFile(this.#path, place.line, 'it is nested too deeply');
    const nodeCountBefore = this.#nodeCount;
    this.#count(1, place.line);
    if (isAlias(node)) return { ...this.#resolve(node.source, place.line), ...place, isAlias: true };
    const built = this.#buildValue(node, place, depth);
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
      this.#anchors.set(node.anchor, { node: built, nodeCount: this.#nodeCount - nodeCountBefore });
    }
    return built;
  }

  #buildValue(
    node: Node,
    place: Omit<YamlMap, 'kind' | 'entries' | 'repeatedKeys'>,
    depth: number,
  ): YamlNode {
    if (isMap(node)) return { ...place, kind: 'map', ...this.#entries(node, place, depth) };
    if (isCollection(node)) {
      const items = node.items.map((item) => this.build(item as Node, depth + 1));
      return { ...place, kind: 'list', items } satisfies YamlList;
    }
    const scalar = node as Scalar;
    const style = styles[scalar.type ?? 'PLAIN'] ?? 'plain';
    // With the failsafe schema every value is a text.
    const text = scalar.value as string | null;
    const isNull = style === 'plain' && /^(~|null|Null|NULL)?$/.test(text ?? '');
    return { ...place, kind: 'scalar', text: text ?? '', style, isNull } satisfies YamlScalar;
  }

  #entries(map: YAMLMap, place: { readonly line: number; readonly end: number }, depth: number) {
    const own = new Map<string, YamlNode>();
    const merged: YamlNode[] = [];
    const repeatedKeys: Located<string>[] = [];
    for (const pair of map.items) {
      const key = this.build(pair.key as Node, depth + 1);
      if (key.kind !== 'scalar') throw invalidFile(this.#path, key.line, 'a key is not a text');
      const value = pair.value === null ? nothingAt(key) : this.build(pair.value as Node, depth + 1);
      if (key.text === '<<' && key.style === 'plain') merged.push(value);
      else {
        if (own.has(key.text)) repeatedKeys.push({ value: key.text, line: key.line });
        own.set(key.text, value);
      }
    }
    const entries = merged.length === 0 ? own : this.#merge(own, merged, place.line);
    return { entries, repeatedKeys };
  }

  /** Keys of the map itself win over merged ones, and of merged maps the first. */
  #merge(own: Map<string, YamlNode>, merged: readonly YamlNode[], line: number): Map<string, YamlNode> {
    const sources = merged.flatMap((node) => (node.kind === 'list' ? node.items : [node]));
    for (const source of sources) {
      if (source.kind !== 'map') throw invalidFile(this.#path, line, 'a merge key does not name a mapping');
      this.#count(source.entries.size, line);
      for (const [key, value] of source.entries) if (!own.has(key)) own.set(key, value);
    }
    return own;
  }

  #resolve(name: string, line: number): YamlNode {
    const target = this.#anchors.get(name);
    if (target === undefined) throw invalidFile(this.#path, line, describeYamlError('BAD_ALIAS'));
    this.#count(target.nodeCount, line);
    return target.node;
  }

  #count(nodes: number, line: number): void {
    this.#nodeCount += nodes;
    if (this.#nodeCount > maxNodes) {
      throw invalidFile(this.#path, line, `it stands for more than ${maxNodes} values`);
    }
  }
}

const styles: Readonly<Record<string, YamlScalar['style']>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_FOLDED: 'block',
  BLOCK_LITERAL: 'block',
};

function nothingAt(key: YamlScalar): YamlScalar {
  return { ...key, start: key.end, isAlias: false, text: '', style: 'plain', isNull: true };
}
