import { invalidFile } from './invalid-file.ts';
import type { Located } from './located.ts';
import { parseYaml } from './parse-yaml.ts';
import type { YamlMap, YamlNode, YamlScalar } from './yaml-node.ts';

/**
 * Typed access to the fields of a file. Null is as good as absent, as in Go.
 *
 * Errors: CONFIG_FILE_INVALID with file, line and the name of the field, never its value.
 */
export class FieldReader {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The file as a mapping, of one of these kinds. */
  parseObject(text: string, kinds: readonly string[]): YamlMap {
    const root = parseYaml(text, this.path);
    if (root.kind !== 'map') throw this.invalid(root.line, 'the file is no mapping');
    const kind = this.text(root, 'kind');
    if (kinds.length > 0 && (kind === undefined || !kinds.includes(kind.value))) {
      throw this.invalid(kind?.line ?? 1, `the file is of another kind than ${kinds[0]!}`);
    }
    return root;
  }

  map(parent: YamlMap, name: string): YamlMap | undefined {
    const node = present(parent.entries.get(name));
    return node === undefined ? undefined : this.asMap(node, name);
  }

  /** The items of a list; none when it is absent. */
  list(parent: YamlMap, name: string): readonly YamlNode[] {
    const node = present(parent.entries.get(name));
    if (node === undefined) return [];
    if (node.kind !== 'list') throw this.invalid(node.line, `${name} is not a list`);
    return node.items;
  }

  maps(parent: YamlMap, name: string): readonly YamlMap[] {
    return this.list(parent, name).map((item) => this.asMap(item, `an entry of ${name}`));
  }

  text(parent: YamlMap, name: string): Located<string> | undefined {
    const node = present(parent.entries.get(name));
    return node === undefined ? undefined : this.asText(node, name);
  }

  needText(parent: YamlMap, name: string): Located<string> {
    const found = this.text(parent, name);
    if (found === undefined) throw this.invalid(parent.line, `${name} is missing`);
    return found;
  }

  boolean(parent: YamlMap, name: string): boolean {
    const text = this.text(parent, name);
    if (text === undefined) return false;
    // The YAML reader of Kubernetes knows the words of YAML 1.1.
    if (/^(true|yes|on|y)$/i.test(text.value)) return true;
    if (/^(false|no|off|n)$/i.test(text.value)) return false;
    throw this.invalid(text.line, `${name} is neither true nor false`);
  }

  asMap(node: YamlNode, name: string): YamlMap {
    if (node.kind !== 'map') throw this.invalid(node.line, `${name} is not a mapping`);
    return node;
  }

  asText(node: YamlNode, name: string): YamlScalarText {
    if (node.kind !== 'scalar') throw this.invalid(node.line, `${name} is not a text`);
    return { value: node.text, line: node.line, node };
  }

  invalid(line: number, what: string, cause?: unknown): Error {
    return invalidFile(this.path, line, what, cause);
  }
}

/** A text with the node that it was read from. */
export interface YamlScalarText extends Located<string> {
  readonly node: YamlScalar;
}

function present(node: YamlNode | undefined): YamlNode | undefined {
  return node?.kind === 'scalar' && node.isNull ? undefined : node;
}
