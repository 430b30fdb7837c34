/** The `holdfast.yaml` of a run: which one it is, and what it says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../base/index.ts';
import type { ConfigFile } from '../../operations/config/index.ts';
import type { CliIo } from '../command/index.ts';

export interface FoundConfig {
  readonly file: ConfigFile | undefined;
  /** What to tell the user about it. */
  readonly warnings: readonly string[];
}

/**
 * Reads the file that was named, or the one of this host if there is one; nothing in the working directory is looked
 * at. Most runs have none, and load nothing for it.
 *
 * @param named by flag or variable; empty for no file at all
 * Errors: FILE_NOT_FOUND and others for a file that was named; CONFIG_FILE_INVALID.
 */
export async function findConfig(named: string | undefined, io: CliIo): Promise<FoundConfig> {
  const path = named ?? hostConfigPath(io);
  if (path === '' || (named === undefined && !existsSync(path))) return { file: undefined, warnings: [] };
  const { readConfigFile, requireSound } = await import('../../operations/config/index.ts');
  try {
    const file = await readConfigFile({ path, uid: process.getuid?.() });
    requireSound(file);
    return { file, warnings: file.findings.map(({ message }) => message) };
  } catch (error) {
    if (named !== undefined || !hasCode(error, 'FILE_NOT_READABLE')) throw error;
    // That of root is not for everybody to read; who may not works without it.
    return { file: undefined, warnings: [`${error.message}; its settings are not used`] };
  }
}

/** Where the file of this host is, from here. */
export function hostConfigPath({ root }: CliIo): string {
  return join(root ?? '/', 'etc/holdfast/holdfast.yaml');
}
