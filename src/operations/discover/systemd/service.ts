import { basename } from 'node:path/posix';
import { hasCode } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import {
  expandWords,
  type LocatedVariable,
  parseEnvironmentFile,
  parseUnit,
  splitWords,
  type UnitAssignment,
} from './unit-file.ts';

/** What systemd would start for a service. */
export interface ServiceCommand {
  /** `etcd.service` */
  readonly name: string;
  /** Host path of the unit file; drop-ins are in it already. */
  readonly unitFile: string;
  /** The file and line with the `ExecStart=` that counts. */
  readonly execFile: string;
  readonly execLine: number;
  /** Variables and specifiers expanded; the prefixes of the program (`-`, `+`, …) taken off. */
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, LocatedVariable>;
  readonly workingDirectory?: string;
}

/** Where units are, the first one that has a name wins. Source: systemd.unit(5). */
export const unitDirectories: readonly string[] = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** Names of all services of the host, sorted. */
export async function listServices(host: LocalHost): Promise<readonly string[]> {
  const lists = await Promise.all(unitDirectories.map((directory) => host.list(directory)));
  const names = lists.flatMap((list) => list ?? []).filter((name) => name.endsWith('.service'));
  return [...new Set(names)].sort();
}

/** The command of a service with its environment; undefined when there is no such unit, or it is masked. */
export async function readService(host: LocalHost, name: string): Promise<ServiceCommand | undefined> {
  const unit = await readUnit(host, name);
  if (unit === undefined) return undefined;
  const service = unit.assignments.filter(({ section }) => section === 'Service');
  const exec = listOf(service, 'ExecStart').at(0);
  if (exec === undefined) return undefined;
  const expand = await specifierExpander(host, name);
  const environment = await readEnvironment(host, service, expand);
  const words = splitWords(expand(exec.value)).map((word, index) =>
    index === 0 ? word.replace(/^[-@:+!]+/, '') : word,
  );
  const workingDirectory = service.findLast(({ key }) => key === 'WorkingDirectory')?.value;
  return {
    name,
    unitFile: unit.file,
    execFile: exec.file,
    execLine: exec.line,
    argv: expandWords(words, (variable) => environment.get(variable)?.value),
    environment,
    ...(workingDirectory?.startsWith('/') === true ? { workingDirectory } : {}),
  };
}

async function readUnit(
  host: LocalHost,
  name: string,
): Promise<{ file: string; assignments: UnitAssignment[] } | undefined> {
  const unit = await firstText(
    host,
    unitDirectories.map((directory) => `${directory}/${name}`),
  );
  if (unit === undefined) return undefined;
  const assignments = parseUnit(unit.text, unit.file);
  for (const file of await dropInsOf(host, name)) {
    const text = await readUnitText(host, file);
    if (text !== undefined) assignments.push(...parseUnit(text, file));
  }
  return { file: unit.file, assignments };
}

/** Drop-ins are read in the order of their names, wherever they are; one name counts once, as with units. */
async function dropInsOf(host: LocalHost, name: string): Promise<string[]> {
  const byName = new Map<string, string>();
  for (const directory of unitDirectories.map((unitDirectory) => `${unitDirectory}/${name}.d`))
    for (const file of (await host.list(directory)) ?? [])
      if (file.endsWith('.conf') && !byName.has(file)) byName.set(file, `${directory}/${file}`);
  return [...byName.keys()].sort().map((file) => byName.get(file)!);
}

async function firstText(
  host: LocalHost,
  files: readonly string[],
): Promise<{ file: string; text: string } | undefined> {
  for (const file of files) {
    if ((await host.stat(file)) === undefined) continue;
    const text = await readUnitText(host, file);
    return text === undefined ? undefined : { file, text };
  }
  return undefined;
}

/** A unit that is masked is a link to /dev/null. */
async function readUnitText(host: LocalHost, file: string): Promise<string | undefined> {
  try {
    return await host.readText(file);
  } catch (error) {
    if (hasCode(error, 'NOT_A_REGULAR_FILE')) return undefined;
    throw error;
  }
}

/** All values of a setting that may be given several times; an empty one takes back what came before. */
function listOf(assignments: readonly UnitAssignment[], key: string): UnitAssignment[] {
  let values: UnitAssignment[] = [];
  for (const assignment of assignments) {
    if (assignment.key !== key) continue;
    values = assignment.value === '' ? [] : [...values, assignment];
  }
  return values;
}

/** Files win over `Environment=`, wherever they stand. Source: systemd.exec(5). */
async function readEnvironment(
  host: LocalHost,
  service: readonly UnitAssignment[],
  expand: (text: string) => string,
): Promise<Map<string, LocatedVariable>> {
  const variables = new Map<string, LocatedVariable>();
  for (const { value, file, line } of listOf(service, 'Environment'))
    for (const word of splitWords(expand(value))) {
      const equals = word.indexOf('=');
      if (equals === -1) continue;
      const name = word.slice(0, equals);
      variables.set(name, { name, value: word.slice(equals + 1), file, line });
    }
  for (const { value } of listOf(service, 'EnvironmentFile')) {
    const file = expand(value).replace(/^-/, '');
    const text = file.startsWith('/') ? await host.readText(file) : undefined;
    for (const variable of parseEnvironmentFile(text ?? '', file)) variables.set(variable.name, variable);
  }
  return variables;
}

/** The specifiers that units of etcd and the kubelet use; others stay as they are. */
async function specifierExpander(host: LocalHost, name: string): Promise<(text: string) => string> {
  const stem = name.replace(/\.[^.]*$/, '');
  const at = stem.indexOf('@');
  const hostname = (await host.readText('/etc/hostname'))?.trim() ?? '';
  const values: Readonly<Record<string, string>> = {
    n: name,
    N: stem,
    p: at === -1 ? stem : stem.slice(0, at),
    i: at === -1 ? '' : stem.slice(at + 1),
    H: hostname,
    l: hostname.split('.', 1)[0]!,
    '%': '%',
  };
  return (text) => text.replaceAll(/%(.)/g, (match, letter: string) => values[letter] ?? match);
}

/** Whether a command line starts a program, under whatever path. */
export function startsProgram(argv: readonly string[], program: string): boolean {
  return argv[0] !== undefined && basename(argv[0]) === program;
}
