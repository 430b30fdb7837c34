import { hasCode, type HoldfastError, isHoldfastError } from '../../base/index.ts';
import type { RequestOptions, Storage } from '../../storage/index.ts';
import { plainObjectLimitBytes } from '../encoding/index.ts';
import { configName, decodeSlot, type Slot, slotDirectory } from '../keys/index.ts';

/** An object that lies in the store as it is, not sealed. */
export interface PlainObject {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A slot, or why it cannot be read. */
export interface ListedSlot {
  /** `keys/<16 hex>` */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly slot?: Slot;
  readonly problem?: HoldfastError;
}

/** All slots of a repository, in order of their names. No key is needed, and nothing of it is proved. Errors: the store's. */
export async function listSlots(storage: Storage, options: RequestOptions = {}): Promise<ListedSlot[]> {
  const slots: ListedSlot[] = [];
  for await (const { name } of storage.list(slotDirectory, options)) {
    try {
      const bytes = await storage.get(name, { ...options, limitBytes: plainObjectLimitBytes });
      slots.push(decode(name, bytes));
    } catch (error) {
      // Removed since it was listed.
      if (!hasCode(error, 'STORAGE_OBJECT_MISSING')) throw error;
    }
  }
  return slots;
}

function decode(name: string, bytes: Uint8Array): ListedSlot {
  try {
    return { name, bytes, slot: decodeSlot(bytes, name) };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { name, bytes, problem: error };
  }
}

/**
 * What opens a repository, as it lies in the store: `config`, `generations/` and `keys/`. Without it nobody reads the
 * rest; put back under the same names it opens again. Holds no secret that is not sealed. Errors: the store's.
 */
export async function readPlainObjects(
  storage: Storage,
  options: RequestOptions = {},
): Promise<readonly PlainObject[]> {
  const names = [configName];
  for (const directory of ['generations/', slotDirectory])
    for await (const { name } of storage.list(directory, options)) names.push(name);
  const objects: PlainObject[] = [];
  for (const name of names)
    objects.push({
      name,
      bytes: await storage.get(name, { ...options, limitBytes: plainObjectLimitBytes }),
    });
  return objects;
}
