import { open, stat } from 'node:fs/promises';
import { errnoOf, fileError, type Finding, HoldfastError } from '../../base/index.ts';
import { type ConfigValue, parseConfig } from './parse-config.ts';
import { settings } from './settings-table.ts';

/** Where the file is looked for when nobody names one. Never in the working directory: it may belong to anybody. */
export const defaultConfigPath = '/etc/holdfast/holdfast.yaml';

export interface ReadConfigOptions {
  readonly path: string;
  /** The user whose own files are trusted, besides root's; any owner is trusted without it. */
  readonly uid?: number | undefined;
}

export interface ConfigFile {
  readonly path: string;
  /** By the path of the setting; of what is right. */
  readonly values: ReadonlyMap<string, ConfigValue>;
  /** `fail`: the file must not be used; `warn`: worth a look. Each names file and line. */
  readonly findings: readonly Finding[];
}

/** The longest file that is read. */
const limitBytes = 1 << 20;

/**
 * Reads and checks a `holdfast.yaml`: every problem is a finding, see `requireSound`.
 *
 * Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, NOT_A_REGULAR_FILE; CONFIG_FILE_INVALID for what is not YAML at all.
 */
export async function readConfigFile({ path, uid }: ReadConfigOptions): Promise<ConfigFile> {
  const { text, mode, owner } = await readText(path);
  const unsafe = findUnsafe(path, mode, owner, uid);
  const { values, findings } = parseConfig(text, path);
  return { path, values, findings: [...unsafe, ...findings, ...(await findReadableSecrets(path, values))] };
}

/** Errors: CONFIG_FILE_INVALID with the first problem, and the number of others. */
export function requireSound({ path, findings }: ConfigFile): void {
  const [first, ...others] = findings.filter(({ severity }) => severity === 'fail');
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new HoldfastError('CONFIG_FILE_INVALID', `${first.message}${more}`, {
    hint: `Correct it; "holdfast config check" lists every problem, and --config="" runs a command without the file.`,
    details: { path, ...(first.where ?? {}) },
  });
}

async function readText(path: string): Promise<{ text: string; mode: number; owner: number }> {
  try {
    await using file = await open(path, 'r');
    const { mode, uid, size } = await file.stat();
    if (size > limitBytes)
      throw new HoldfastError('CONFIG_FILE_INVALID', `${path}: a file of settings is not larger than 1 MiB`);
    return { text: await file.readFile('utf8'), mode, owner: uid };
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}

/** The file may name a command to run: whoever can write it can be root. */
function findUnsafe(path: string, mode: number, owner: number, uid: number | undefined): readonly Finding[] {
  const fail = (message: string): Finding[] => [
    {
      severity: 'fail',
      code: 'config-file-unsafe',
      message: `${path}:1: ${message}`,
      where: { file: path, line: 1 },
    },
  ];
  if ((mode & 0o002) !== 0) return fail('everybody can write this file: take that away with chmod o-w');
  if (uid !== undefined && owner !== 0 && owner !== uid)
    return fail('this file belongs neither to root nor to who runs this: change its owner');
  return [];
}

async function findReadableSecrets(
  path: string,
  values: ReadonlyMap<string, ConfigValue>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const setting of settings) {
    const found = setting.isSecretFile === true ? values.get(setting.path) : undefined;
    if (found === undefined || typeof found.value !== 'string') continue;
    if (!(await isReadableByAll(found.value))) continue;
    findings.push({
      severity: 'warn',
      code: 'config-secret-readable',
      message: `${path}:${found.line}: ${setting.path} names ${found.value}, which everybody can read: take that away with chmod o-r`,
      where: { file: path, line: found.line },
    });
  }
  return findings;
}

/** What cannot be looked at is for whoever opens it to complain about. */
async function isReadableByAll(path: string): Promise<boolean> {
  try {
    return ((await stat(path)).mode & 0o004) !== 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
