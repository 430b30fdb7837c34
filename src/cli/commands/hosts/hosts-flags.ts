import { readFile } from 'node:fs/promises';
import { fileError } from '../../../base/index.ts';
import { usageError } from '../../command/index.ts';

/** Flags of commands that work on other hosts over ssh. */
export const hostsFlags = {
  hosts: { kind: 'list', summary: 'work on these hosts over ssh: names or user@host as ssh takes them' },
  inventory: { kind: 'string', valueName: 'file', summary: 'a file with those hosts, one a line' },
  'ssh-config': {
    kind: 'string',
    valueName: 'file',
    summary: "ssh's configuration file, instead of the user's own",
  },
} as const;

export interface HostsFlags {
  readonly hosts: readonly string[] | undefined;
  readonly inventory: string | undefined;
  readonly 'ssh-config': string | undefined;
}

/** The hosts that were named, in order; undefined when none were. Errors: USAGE, FILE_NOT_FOUND, FILE_NOT_READABLE. */
export async function readHosts({ hosts, inventory }: HostsFlags): Promise<readonly string[] | undefined> {
  if (hosts !== undefined && inventory !== undefined)
    throw usageError('--hosts and --inventory contradict each other');
  const names = inventory === undefined ? hosts : await readInventory(inventory);
  if (names === undefined) return undefined;
  const clean = names.map((name) => name.trim()).filter((name) => name !== '');
  if (clean.length === 0) throw usageError('no host is named');
  const odd = clean.find((name) => name.startsWith('-') || /\s/.test(name));
  if (odd !== undefined) throw usageError(`${odd} is not the name of a host`);
  const twice = clean.find((name, index) => clean.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`${twice} is named twice`);
  return clean;
}

/** One host a line; what follows # is a remark. */
async function readInventory(path: string): Promise<string[]> {
  try {
    const text = await readFile(path, 'utf8');
    return text.split('\n').map((line) => line.replace(/#.*/, ''));
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

/** Arguments for the ssh client. */
export function sshOptions(flags: Pick<HostsFlags, 'ssh-config'>): readonly string[] {
  return flags['ssh-config'] === undefined ? [] : ['-F', flags['ssh-config']];
}
