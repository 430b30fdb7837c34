import { HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type KeyUse,
  type ListedSlot,
  listSlots,
  readConfigs,
  type Slot,
  type SlotKind,
} from '../../repository/index.ts';
import type { Storage } from '../../storage/index.ts';

/** A key of a repository, as it says of itself. */
export interface KeySummary {
  /** 16 hex digits. */
  readonly id: string;
  readonly label: string;
  readonly kind: SlotKind;
  readonly allows: readonly KeyUse[];
  /** The newest generation that it holds. */
  readonly generation: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Of age: `age1…`. */
  readonly recipients: readonly string[];
}

export interface UnreadableKey {
  /** Name of the object in the store. */
  readonly name: string;
  readonly problem: HoldfastError;
}

export interface ListedKeys {
  readonly repositoryId: string;
  readonly location: string;
  /** What is stored now is sealed for this generation. */
  readonly generation: number;
  readonly keys: readonly KeySummary[];
  readonly unreadable: readonly UnreadableKey[];
}

/**
 * All keys of the repository in a store. Nothing has to be opened for it, so that it also helps whoever has lost a
 * key; so nothing of it is proved either.
 * Errors: REPOSITORY_NOT_FOUND, REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN, those of the store.
 */
export async function listKeys(
  { storage }: { readonly storage: Storage },
  { signal }: OperationContext,
): Promise<ListedKeys> {
  const configs = await readConfigs(storage, signal);
  const { repositoryId } = configs[0];
  const listed = await listSlots(storage, { signal });
  const problems = listed.map((slot) => problemOf(slot, repositoryId));
  return {
    repositoryId,
    location: storage.location,
    generation: configs.length,
    keys: listed.flatMap(({ slot }, at) =>
      slot === undefined || problems[at] !== undefined ? [] : [summaryOf(slot)],
    ),
    unreadable: listed.flatMap(({ name }, at) => {
      const problem = problems[at];
      return problem === undefined ? [] : [{ name, problem }];
    }),
  };
}

function problemOf({ name, slot, problem }: ListedSlot, repositoryId: string): HoldfastError | undefined {
  if (problem !== undefined || slot?.repositoryId === repositoryId) return problem;
  return new HoldfastError('REPOSITORY_DAMAGED', `${name} is a key of another repository`);
}

/** What a slot says of itself, for people. */
export function summaryOf({ slot, label, kind, allows, generation, createdAt, fields }: Slot): KeySummary {
  const recipients = fields['recipients'];
  const texts = Array.isArray(recipients) ? recipients.filter((text) => typeof text === 'string') : [];
  return { id: slot, label, kind, allows, generation, createdAt, recipients: texts };
}
