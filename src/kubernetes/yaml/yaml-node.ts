import type { Located } from './located.ts';

/**
 * A YAML text as a tree, aliases and merge keys resolved, every node with its place in the source. Scalars are kept as
 * the text they stand for: what is a number or a boolean is for the reader of the field to say, as it is in Go.
 */
export type YamlNode = YamlMap | YamlList | YamlScalar;

interface Place {
  /** Counted from 1. */
  readonly line: number;
  /** Offsets in the source text, in UTF-16 units; of an alias, those of the alias itself. */
  readonly start: number;
  readonly end: number;
  readonly isAlias: boolean;
}

export interface YamlMap extends Place {
  readonly kind: 'map';
  /** Of keys that are there twice, the last, as in the YAML reader of Kubernetes. */
  readonly entries: ReadonlyMap<string, YamlNode>;
  /** The keys that are there again, each with the line of its repetition. */
  readonly repeatedKeys: readonly Located<string>[];
}

export interface YamlList extends Place {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
}

export interface YamlScalar extends Place {
  readonly kind: 'scalar';
  /** Escapes resolved, lines folded. */
  readonly text: string;
  readonly style: 'plain' | 'single' | 'double' | 'block';
  /** Nothing, `~` or `null`. */
  readonly isNull: boolean;
}
