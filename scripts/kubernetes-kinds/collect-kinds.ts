/** From Go types to rows of the field table: what each message has, by field number. */
import type { GoField, GoPackage, GoType } from './go-types.ts';

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Name of its message in the table: `core/v1.Pod`. */
  readonly message: string;
}

export interface MessageRow {
  readonly name: string;
  /** Fields as the table writes them, in ascending number. */
  readonly fields: readonly string[];
}

/** A place in the packages. */
interface TypeName {
  readonly packagePath: string;
  readonly name: string;
}

const scalars: Readonly<Record<string, string>> = {
  string: 's',
  bool: 'b',
  int32: 'i',
  int64: 'l',
  float64: 'd',
  '[]byte': 'y',
};

/** Types whose JSON is not that of their fields. */
const wellKnown: Readonly<Record<string, string>> = {
  'meta/v1.Time': 'T',
  'meta/v1.MicroTime': 'M',
  'meta/v1.Duration': 'D',
  'meta/v1.FieldsV1': 'F',
  'api/resource.Quantity': 'Q',
  'util/intstr.IntOrString': 'I',
  'pkg/runtime.RawExtension': 'R',
  'apiextensions/v1.JSON': 'J',
  'apiextensions/v1beta1.JSON': 'J',
};

export class KindCollector {
  readonly #packages: ReadonlyMap<string, GoPackage>;
  readonly #rows = new Map<string, MessageRow>();

  constructor(packages: readonly GoPackage[]) {
    this.#packages = new Map(packages.map((found) => [found.path, found]));
  }

  /** Every kind with metadata of its own; lists and options have none. */
  collect(): { readonly kinds: readonly Kind[]; readonly messages: readonly MessageRow[] } {
    const kinds: Kind[] = [];
    for (const { path, types, groupName } of this.#packages.values()) {
      if (groupName === undefined) continue;
      for (const [name, type] of types) {
        if (!isKind(type)) continue;
        kinds.push({
          group: groupName,
          version: path.split('/').at(-1)!,
          kind: name,
          message: this.#message({ packagePath: path, name }),
        });
      }
    }
    return { kinds, messages: [...this.#rows.values()] };
  }

  /** Adds a message and all that it holds; returns its name. */
  #message(type: TypeName): string {
    const name = shortName(type);
    if (this.#rows.has(name)) return name;
    this.#rows.set(name, { name, fields: [] });
    const found = this.#find(type);
    const fields = found.form === 'struct' ? this.#structFields(type, found) : [this.#wrapped(type, found)];
    this.#rows.set(name, { name, fields });
    return name;
  }

  #structFields(owner: TypeName, type: GoType & { readonly form: 'struct' }): string[] {
    const isUnion = /\.JSONSchemaPropsOr/.test(shortName(owner));
    return type.fields
      .filter(({ protobuf }) => protobuf !== undefined)
      .toSorted((a, b) => a.protobuf!.number - b.protobuf!.number)
      .map((field) => this.#field(owner, type, field, isUnion));
  }

  #field(owner: TypeName, type: GoType, field: GoField, isUnion: boolean): string {
    const options = field.json?.options ?? [];
    const inline = options.includes('inline');
    const name = isUnion ? field.name : inline ? '' : (field.json?.name ?? '');
    const flags = [
      options.includes('omitempty') || inline || isUnion ? '' : '!',
      options.includes('omitzero') ? '~' : '',
    ];
    const { prefix, element } = this.#form(owner, type, field);
    const code = withoutOwnPackage(owner, this.#code(owner, type, element));
    return `${field.protobuf!.number}:${inline ? '^' : name}:${prefix}${code}${flags.join('')}`;
  }

  /** Pointer, list and map, with what they hold. */
  #form(
    owner: TypeName,
    type: GoType,
    field: GoField,
  ): { readonly prefix: string; readonly element: string } {
    const pointer = field.type.startsWith('*');
    const bare = pointer ? field.type.slice(1) : field.type;
    const element = this.#underlying(owner, type, bare);
    // Some single fields are tagged as repeated upstream, some maps as single: the type decides, except that a named
    // list with a single field is a message around the list.
    const isList = /^\[\](?!byte)/.test(element) && (field.protobuf!.repeated || bare.startsWith('['));
    if (!isList && !element.startsWith('map[')) return { prefix: pointer ? '*' : '', element: bare };
    const map = /^map\[[^\]]+\](.*)$/.exec(element);
    return map === null ? { prefix: '[]', element: element.slice(2) } : { prefix: '{}', element: map[1]! };
  }

  /** What a named list or map is; its elements are then written `@package@name`. Other types stay as they are. */
  #underlying(owner: TypeName, type: GoType, written: string): string {
    if (/^(\[\]|map\[)/.test(written) || scalars[written] !== undefined) return written;
    if (this.#isWellKnown(owner, type, written)) return written;
    const place = this.#resolve(owner, type, written);
    const named = this.#find(place);
    if (named.form !== 'named') return written;
    const [, list, of] = /^(\[\]|map\[[^\]]+\])(\w+|\w+\.\w+)$/.exec(named.of) ?? [];
    if (list === undefined || of === undefined || scalars[of] !== undefined)
      return list === undefined ? written : named.of;
    const inside = this.#resolve(place, named, of);
    return `${list}@${inside.packagePath}@${inside.name}`;
  }

  #isWellKnown(owner: TypeName, type: GoType, written: string): boolean {
    return wellKnown[shortName(this.#resolve(owner, type, written))] !== undefined;
  }

  #code(owner: TypeName, type: GoType, element: string): string {
    // A pointer in a list or a map is never nil on the wire.
    const bare = element.replace(/^\*/, '');
    const scalar = scalars[bare];
    if (scalar !== undefined) return scalar;
    const name = this.#resolve(owner, type, bare);
    const special = wellKnown[shortName(name)];
    if (special !== undefined) return special;
    const found = this.#find(name);
    if (found.form === 'named' && !found.of.startsWith('[]')) return this.#code(name, found, found.of);
    return this.#message(name);
  }

  /** A message around one list, which JSON writes as the list: its only field has no name. */
  #wrapped(owner: TypeName, type: GoType & { readonly form: 'named' }): string {
    return `1::[]${this.#code(owner, type, type.of.slice(2))}`;
  }

  #resolve(owner: TypeName, type: GoType, written: string): TypeName {
    const placed = /^@(.+)@(\w+)$/.exec(written);
    if (placed !== null) return { packagePath: placed[1]!, name: placed[2]! };
    const [alias, name] = written.split('.');
    if (name === undefined) return { packagePath: owner.packagePath, name: written };
    const packagePath = type.file.imports.get(alias!);
    if (packagePath === undefined) throw new Error(`${shortName(owner)}: no import for ${written}`);
    return { packagePath, name };
  }

  #find({ packagePath, name }: TypeName): GoType {
    const found = this.#packages.get(packagePath)?.types.get(name);
    if (found === undefined) throw new Error(`no type ${packagePath}.${name}`);
    return found;
  }
}

function isKind(type: GoType): boolean {
  if (type.form !== 'struct') return false;
  const embeds = (name: string) =>
    type.fields.some((field) => field.name === '' && field.type.endsWith(name));
  return embeds('TypeMeta') && embeds('ObjectMeta');
}

function withoutOwnPackage(owner: TypeName, code: string): string {
  const own = `${packageName(owner.packagePath)}.`;
  return code.startsWith(own) ? code.slice(own.length) : code;
}

/** `k8s.io/api/core/v1` → `core/v1`: the last two segments are enough. */
function packageName(path: string): string {
  return path.split('/').slice(-2).join('/');
}

function shortName({ packagePath, name }: TypeName): string {
  return `${packageName(packagePath)}.${name}`;
}
