import { HoldfastError } from '../../base/index.ts';
import type { RequestOptions, Storage } from '../../storage/index.ts';
import {
  encodeConfig,
  generateX25519,
  generationName,
  type KeyUse,
  type RepositoryKeys,
  requireUse,
  type Slot,
  slotDirectory,
  type SlotLock,
} from '../keys/index.ts';
import { addSlot, type SlotStore } from './change-slots.ts';
import { listSlots } from './list-slots.ts';

export interface RotateOptions extends RequestOptions {
  /** The keys that are to read what is stored from now on: at least one that reads. */
  readonly locks: readonly {
    readonly lock: SlotLock;
    readonly label: string;
    readonly allows?: readonly KeyUse[];
  }[];
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface Rotation {
  readonly generation: number;
  readonly slots: readonly Slot[];
  readonly keys: RepositoryKeys;
}

/**
 * Makes new key pairs for content and bundles, with slots for the keys that are given. What was stored before stays
 * readable by the old pairs, which the new slots hold as well. Slots that are in the store are not renewed by
 * themselves: nobody vouches for what they say, and one that somebody else put there would get the new keys.
 *
 * The slots come first. A generation whose private keys nobody holds would swallow backups; a slot of a generation
 * that never came does no harm.
 *
 * Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_KEY_INVALID, REPOSITORY_EXISTS (somebody else rotated meanwhile).
 */
export async function rotateKeys(store: SlotStore, options: RotateOptions): Promise<Rotation> {
  const { storage, keys: old } = store;
  requireAllPairs(old);
  const reads = options.locks.some(({ allows }) => allows === undefined || allows.includes('read'));
  if (!reads) throw new HoldfastError('REPOSITORY_KEY_LAST', 'no key would read what is stored from now on');
  const keys = withNewPairs(old);
  const generation = keys.publicKeys.length;
  const { signal, createdAt } = options;
  const slots: Slot[] = [];
  for (const lock of options.locks)
    slots.push(await addSlot({ storage, keys }, { ...lock, createdAt, signal }));
  const orphans = await orphansOf(storage, generation, slots, signal);
  const content = encodeConfig(keys.secrets.control, {
    repositoryId: keys.repositoryId,
    createdAt,
    generation,
    publicKeys: keys.publicKeys.at(-1)!,
  });
  const outcome = await storage.putIfAbsent(generationName(generation), [content], { signal });
  if (outcome === 'created') {
    for (const name of orphans) await storage.delete(name, { signal });
    return { generation, slots, keys };
  }
  for (const { slot } of slots) await storage.delete(`${slotDirectory}${slot}`, { signal });
  throw new HoldfastError(
    'REPOSITORY_EXISTS',
    `generation ${generation} of the keys was made by somebody else meanwhile`,
    { hint: 'Open the repository again and look whether another rotation is still wanted.' },
  );
}

/** Pairs are by generation: without those in between, new ones would be taken for others. */
function requireAllPairs({ secrets, publicKeys }: RepositoryKeys): void {
  for (const use of ['read', 'bundle'] as const) {
    requireUse(secrets, use);
    const held = secrets[use === 'read' ? 'content' : 'bundle'].length;
    if (held < publicKeys.length)
      throw new HoldfastError(
        'REPOSITORY_KEY_INSUFFICIENT',
        `this key is older than the last rotation: it holds generation ${held} of ${publicKeys.length}`,
      );
  }
}

/**
 * Slots of the generation to come that are not ours: of a rotation that was killed, or of one that is about to find
 * that ours was faster. What they hold will never be the keys of the repository.
 */
async function orphansOf(
  storage: Storage,
  generation: number,
  ours: readonly Slot[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const own = new Set(ours.map(({ slot }) => slot));
  return (await listSlots(storage, { signal }))
    .filter(({ slot }) => slot !== undefined && slot.generation >= generation && !own.has(slot.slot))
    .filter(({ slot }) => slot?.allows.includes('read') === true || slot?.allows.includes('bundle') === true)
    .map(({ name }) => name);
}

function withNewPairs({ repositoryId, secrets, publicKeys }: RepositoryKeys): RepositoryKeys {
  const content = generateX25519();
  const bundle = generateX25519();
  return {
    repositoryId,
    secrets: {
      control: secrets.control,
      content: [...secrets.content, content.privateKey],
      bundle: [...secrets.bundle, bundle.privateKey],
    },
    publicKeys: [...publicKeys, { content: content.publicKey, bundle: bundle.publicKey }],
  };
}
