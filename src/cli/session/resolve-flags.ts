/** One value for each flag: command line before environment before `holdfast.yaml` before default. */
import type { ConfigFile } from '../../operations/config/index.ts';
import {
  type CliIo,
  defaultValue,
  type FlagSpec,
  type FlagSpecs,
  flagsFromEnvironment,
  fromDefault,
  parseFlagText,
  usageError,
  type ValueOrigin,
} from '../command/index.ts';
import { environmentName } from './environment.ts';

export interface FlagSources {
  readonly env: CliIo['env'];
  readonly config: ConfigFile | undefined;
}

export interface ResolvedFlags {
  readonly values: Readonly<Record<string, unknown>>;
  /** Flags that have a value of somebody's. */
  readonly given: ReadonlySet<string>;
  readonly origin: (flag: string) => ValueOrigin;
}

/** What the command line says, with defaults for the rest. */
interface Words {
  readonly values: Readonly<Record<string, unknown>>;
  given(flag: string): boolean;
}

/** Errors: USAGE, for a variable that does not fit, and for alternatives that are given in the same place. */
export function resolveFlags(specs: FlagSpecs, words: Words, sources: FlagSources): ResolvedFlags {
  const values: Record<string, unknown> = { ...words.values };
  const origins = new Map<string, ValueOrigin>();
  for (const [name, spec] of Object.entries(specs)) {
    const found = words.given(name) ? undefined : findValue(name, spec, sources);
    if (found !== undefined) values[name] = found.value;
    origins.set(name, words.given(name) ? { kind: 'flag' } : (found?.origin ?? fromDefault));
  }
  for (const name of supersededFlags(specs, origins, sources.env)) {
    values[name] = defaultValue(specs[name]!);
    origins.set(name, fromDefault);
  }
  const origin = (flag: string) => origins.get(flag) ?? fromDefault;
  const given = new Set([...origins.keys()].filter((name) => origin(name).kind !== 'default'));
  return { values, given, origin };
}

function findValue(
  name: string,
  spec: FlagSpec,
  { env, config }: FlagSources,
): { readonly value: unknown; readonly origin: ValueOrigin } | undefined {
  const variable = spec.variable ?? (flagsFromEnvironment[name] === spec ? environmentName(name) : undefined);
  const text = variable === undefined ? undefined : env[variable];
  // An empty variable counts as unset, as with etcdctl.
  if (variable !== undefined && text !== undefined && text !== '')
    return { value: parseFlagText(spec, text, variable), origin: { kind: 'environment', variable } };
  const set = spec.setting === undefined ? undefined : config?.values.get(spec.setting);
  if (config === undefined || set === undefined) return undefined;
  return { value: set.value, origin: { kind: 'file', path: config.path, line: set.line } };
}

const ranks: Readonly<Record<ValueOrigin['kind'], number>> = { default: 0, file: 1, environment: 2, flag: 3 };

/** Flags that an alternative replaces: with a key file on the command line, the file's passphrase is not used. */
function supersededFlags(
  specs: FlagSpecs,
  origins: ReadonlyMap<string, ValueOrigin>,
  env: CliIo['env'],
): readonly string[] {
  const flags = Object.entries(specs).flatMap(([name, { alternatives }]) =>
    alternatives === undefined ? [] : [{ name, alternatives, rank: ranks[origins.get(name)!.kind] }],
  );
  return [...Map.groupBy(flags, ({ alternatives }) => alternatives.what)].flatMap(([what, group]) => {
    const { secretVariable } = group[0]!.alternatives;
    const hasSecret = (env[secretVariable] ?? '') !== '';
    const top = Math.max(hasSecret ? ranks.environment : 0, ...group.map(({ rank }) => rank));
    const first = [
      ...group.filter(({ rank }) => rank === top && rank > 0).map(({ name }) => `--${name}`),
      ...(hasSecret && top === ranks.environment ? [secretVariable] : []),
    ];
    if (first.length > 1) throw usageError(`${first.join(' and ')} both say ${what}`, 'Give one of them.');
    return group.filter(({ rank }) => rank < top).map(({ name }) => name);
  });
}
