import { type Finding, HoldfastError, isHoldfastError } from '../../base/index.ts';
import { parseYaml, type YamlMap, type YamlNode } from '../../kubernetes/yaml/index.ts';
import { nearestName } from './nearest-name.ts';
import { readSetting } from './read-setting.ts';
import type { Setting, SettingValue } from './setting.ts';
import { refusedSettings, settings } from './settings-table.ts';

export interface ConfigValue {
  readonly value: SettingValue;
  /** Counted from 1. */
  readonly line: number;
}

export interface ParsedConfig {
  /** By the path of the setting; of what is right. */
  readonly values: ReadonlyMap<string, ConfigValue>;
  /** What is wrong, in the order of the lines: severity `fail`, with `file:line: ` before the message. */
  readonly findings: readonly Finding[];
}

/**
 * Reads the text of a `holdfast.yaml` and checks all of it; no message holds a value.
 *
 * Errors: CONFIG_FILE_INVALID for a text that is not YAML at all, with its line.
 */
export function parseConfig(text: string, path: string): ParsedConfig {
  // A file in which everything is commented out is one without settings.
  if (/^\uFEFF?(\s*(#.*)?(\r?\n|$))*$/.test(text)) return { values: new Map(), findings: [] };
  const reading = new ConfigReading(path);
  const root = parseRoot(text, path);
  if (root.kind === 'map') reading.readSection(root, '');
  else reading.fail(root.line, 'config-wrong-type', 'the file has to be a mapping: settings with a colon');
  reading.refuseSeveralAlternatives();
  return {
    values: reading.values,
    findings: reading.findings.toSorted((a, b) => lineOf(a) - lineOf(b)),
  };
}

function parseRoot(text: string, path: string): YamlNode {
  try {
    return parseYaml(text, path);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const line = error.details['line'];
    const message = error.message.replace(`${path}, line ${String(line)}: `, `${path}:${String(line)}: `);
    throw new HoldfastError(error.code, message, { details: error.details, cause: error });
  }
}

function lineOf({ where }: Finding): number {
  return Number(where?.['line'] ?? 0);
}

const byPath = new Map(settings.map((setting) => [setting.path, setting]));

/** Names of settings and sections right below a section. */
function namesBelow(section: string): readonly string[] {
  const prefix = section === '' ? '' : `${section}.`;
  const below = settings.flatMap(({ path }) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []));
  return [...new Set(below.map((rest) => rest.split('.')[0]!))];
}

/** Collects values and findings of one file. */
class ConfigReading {
  readonly values = new Map<string, ConfigValue>();
  readonly findings: Finding[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  fail(line: number, code: string, message: string): void {
    this.findings.push({
      severity: 'fail',
      code,
      message: `${this.#path}:${line}: ${message}`,
      where: { file: this.#path, line },
    });
  }

  readSection(map: YamlMap, section: string): void {
    for (const { value, line } of map.repeatedKeys)
      this.fail(line, 'config-repeated-key', `${nameIn(section, value)} is there twice`);
    const names = namesBelow(section);
    for (const [name, node] of map.entries) {
      const path = nameIn(section, name);
      const setting = byPath.get(path);
      if (setting !== undefined) this.#readValue(setting, node);
      else if (!names.includes(name)) this.#refuseUnknown(path, name, node, names);
      else if (node.kind === 'map') this.readSection(node, path);
      else if (node.kind !== 'scalar' || !node.isNull)
        this.fail(node.line, 'config-wrong-type', `${path} has to be a mapping`);
    }
  }

  refuseSeveralAlternatives(): void {
    const set = settings.filter(
      ({ path, alternatives }) => alternatives !== undefined && this.values.has(path),
    );
    for (const [what, own] of Map.groupBy(set, ({ alternatives }) => alternatives!))
      if (own.length > 1) {
        const names = own.map(({ path }) => path).join(' and ');
        this.fail(this.values.get(own[1]!.path)!.line, 'config-contradiction', `${names} both say ${what}`);
      }
  }

  #readValue(setting: Setting, node: YamlNode): void {
    const read = readSetting(setting, node);
    if ('value' in read) this.values.set(setting.path, { value: read.value, line: node.line });
    else this.fail(node.line, 'config-wrong-type', `${setting.path} ${read.problem}`);
  }

  #refuseUnknown(path: string, name: string, { line }: YamlNode, names: readonly string[]): void {
    const refused = refusedSettings.find((known) => known.path === path);
    if (refused !== undefined) {
      this.fail(line, 'config-refused', `${path} is not read from here; ${refused.advice}`);
      return;
    }
    const near = nearestName(name, names) ?? elsewhere(name);
    const meant = near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`;
    this.fail(line, 'config-unknown-key', `${path} is not a setting: ${meant}`);
  }
}

/** The path of a setting that stands in another section. */
function elsewhere(name: string): string | undefined {
  const last = (path: string) => path.split('.').at(-1)!;
  const near = nearestName(
    name,
    settings.map(({ path }) => last(path)),
  );
  return settings.find(({ path }) => last(path) === near)?.path;
}

function nameIn(section: string, name: string): string {
  return section === '' ? name : `${section}.${name}`;
}
