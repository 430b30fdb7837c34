import { readFile } from 'node:fs/promises';
import { errnoOf, type OperationContext } from '../../base/index.ts';

/** What a host has seen of a repository. */
export interface RepositoryMemory {
  readonly repositoryId: string;
  /** Public keys by generation: content and bundle key in hex, with a colon between. */
  readonly keys: readonly string[];
  /** Ids, sorted. */
  readonly backups: readonly string[];
}

const formatVersion = 1;

export function encodeMemory(memory: RepositoryMemory): string {
  return `${JSON.stringify({ formatVersion, ...memory }, null, 1)}\n`;
}

/** Undefined when there is none. One that cannot be read is as good as none, and said. */
export async function readMemory(
  path: string,
  { log, events }: Pick<OperationContext, 'log' | 'events'>,
): Promise<RepositoryMemory | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') log.debug('what this host remembers cannot be read', { path });
    return undefined;
  }
  const memory = parseMemory(text);
  if (memory === undefined)
    events({
      type: 'warning',
      code: 'memory-unreadable',
      message: `${path} cannot be read: what this host has seen of the repository is not known`,
    });
  return memory;
}

function parseMemory(text: string): RepositoryMemory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { formatVersion: version, repositoryId, keys, backups } = value as Readonly<Record<string, unknown>>;
  if (version !== formatVersion || typeof repositoryId !== 'string') return undefined;
  return isTexts(keys) && isTexts(backups) ? { repositoryId, keys, backups } : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
