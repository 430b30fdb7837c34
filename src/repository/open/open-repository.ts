import { hasCode, HoldfastError, type OperationContext } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { plainObjectLimitBytes } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import {
  configName,
  decodeConfig,
  generationName,
  type RepositoryConfig,
  type Unlock,
  unlockRepository,
} from '../keys/index.ts';
import { Repository } from './repository.ts';
import { readSlots } from './small-objects.ts';

export interface OpenRepositoryOptions {
  readonly unlock: Unlock;
}

/**
 * Opens the repository in a store. The store stays the caller's.
 *
 * Errors: REPOSITORY_NOT_FOUND, REPOSITORY_KEY_WRONG, REPOSITORY_KEY_INVALID, REPOSITORY_DAMAGED,
 * REPOSITORY_FORMAT_UNKNOWN, those of `Storage`.
 */
export async function openRepository(
  storage: Storage,
  { unlock }: OpenRepositoryOptions,
  ctx: OperationContext,
): Promise<Repository> {
  const { signal } = ctx;
  const configs = await readConfigs(storage, signal);
  const slots = await readSlots(storage, signal);
  const { keys, slot } = await unlockRepository(configs, slots, unlock);
  return new Repository({ storage, keys, slot, configs });
}

/**
 * The config and the generations after it, in order, as they lie in the store: no key vouches for them yet.
 * Errors: REPOSITORY_NOT_FOUND, REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN, those of `Storage`.
 */
export async function readConfigs(
  storage: Storage,
  signal?: AbortSignal,
): Promise<[RepositoryConfig, ...RepositoryConfig[]]> {
  const first = decodeConfig(await readConfig(storage, signal));
  const configs: [RepositoryConfig, ...RepositoryConfig[]] = [first];
  const names = new Set<string>();
  for await (const { name } of storage.list('generations/', { signal })) names.add(name);
  for (let generation = 2; names.has(generationName(generation)); generation++) {
    const name = generationName(generation);
    const config = decodeConfig(await storage.get(name, { limitBytes: plainObjectLimitBytes, signal }), name);
    if (config.generation !== generation || config.repositoryId !== first.repositoryId)
      throw damaged(name, 'belongs somewhere else');
    configs.push(config);
  }
  return configs;
}

async function readConfig(storage: Storage, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await storage.get(configName, { limitBytes: plainObjectLimitBytes, signal });
  } catch (error) {
    if (!hasCode(error, 'STORAGE_OBJECT_MISSING')) throw error;
    const { location } = storage;
    throw new HoldfastError('REPOSITORY_NOT_FOUND', `there is no repository at ${location}`, {
      details: { location },
      cause: error,
    });
  }
}
