/** The few facts of Go source that the generator of the field table needs: structs with their tags, named types. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface GoField {
  /** Empty for an embedded field. */
  readonly name: string;
  /** The type as written: `*metav1.Time`, `[]Container`. */
  readonly type: string;
  readonly json: { readonly name: string; readonly options: readonly string[] } | undefined;
  /** Number and form of the protobuf tag: `bytes,8,opt`. */
  readonly protobuf:
    | { readonly wire: string; readonly number: number; readonly repeated: boolean }
    | undefined;
}

export type GoType =
  | { readonly form: 'struct'; readonly fields: readonly GoField[]; readonly file: GoFile }
  | { readonly form: 'named'; readonly of: string; readonly file: GoFile };

interface GoFile {
  /** Alias or last segment → import path. */
  readonly imports: ReadonlyMap<string, string>;
}

export interface GoPackage {
  readonly path: string;
  readonly types: ReadonlyMap<string, GoType>;
  /** The value of `GroupName`, where the package registers an API group. */
  readonly groupName: string | undefined;
}

/** Reads the types of one package's directory; generated code and tests do not count. */
export async function readGoPackage(path: string, directory: string): Promise<GoPackage> {
  const types = new Map<string, GoType>();
  let groupName: string | undefined;
  for (const name of (await readdir(directory)).toSorted()) {
    if (!name.endsWith('.go') || /_test\.go$|^zz_generated|^generated\.pb|swagger_doc/.test(name)) continue;
    const text = await readFile(join(directory, name), 'utf8');
    groupName ??= /^\s*(?:const\s+)?GroupName\s*=\s*"([^"]*)"/m.exec(text)?.[1];
    for (const [type, found] of parseGoTypes(text)) types.set(type, found);
  }
  return { path, types, groupName };
}

function parseGoTypes(text: string): [string, GoType][] {
  const file = { imports: parseImports(text) };
  const structs = [...text.matchAll(/^type (\w+) struct ?\{(?:\}|$(.*?)^\})/gms)].map(
    ([, name, body]): [string, GoType] => [name!, { form: 'struct', fields: parseFields(body ?? ''), file }],
  );
  const named = [...text.matchAll(/^type (\w+) (?:= )?([*\w.[\]]+)\s*$/gm)].map(
    ([, name, of]): [string, GoType] => [name!, { form: 'named', of: of!, file }],
  );
  return [...structs, ...named.filter(([, type]) => type.form === 'named' && type.of !== 'struct')];
}

function parseImports(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^\s*(?:import )?(?:(\w+) )?"(k8s\.io\/[^"]+|time)"\s*$/gm)].map(([, alias, path]) => [
      alias ?? path!.split('/').at(-1)!,
      path!,
    ]),
  );
}

function parseFields(body: string): GoField[] {
  return body.split('\n').flatMap((line) => {
    const [, name = '', type, tags] = /^\s*(?:(\w+)\s+)?([*\w.[\]]+)\s+`(.*)`/.exec(line) ?? [];
    if (type === undefined || tags === undefined) return [];
    return [{ name, type, json: parseJsonTag(tags), protobuf: parseProtobufTag(tags) }];
  });
}

function parseJsonTag(tags: string): GoField['json'] {
  const tag = /json:"([^"]*)"/.exec(tags)?.[1];
  if (tag === undefined) return undefined;
  const [name = '', ...options] = tag.split(',');
  return { name, options };
}

function parseProtobufTag(tags: string): GoField['protobuf'] {
  const [wire, number, form] = /protobuf:"([^"]*)"/.exec(tags)?.[1]?.split(',') ?? [];
  if (wire === undefined || number === undefined) return undefined;
  return { wire, number: Number(number), repeated: form === 'rep' };
}
