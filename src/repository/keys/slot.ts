import { randomBytes } from 'node:crypto';
import { formatBase64, utf8 } from '../../base/index.ts';
import {
  base64Bytes,
  canonicalJson,
  type JsonObject,
  listField,
  numberField,
  parseVersioned,
  textField,
  without,
} from '../encoding/index.ts';
import { damaged, unknownFormat } from '../failures.ts';
import { type KeyUse, keyUses } from './repository-keys.ts';

export const slotDirectory = 'keys/';
export const slotKinds = ['passphrase', 'key-file', 'age'] as const;
export type SlotKind = (typeof slotKinds)[number];

/** A way to the keys, as it lies in the store. Its fields can be listed without any key. */
export interface Slot {
  /** 16 hex digits; the object is `keys/<slot>`. */
  readonly slot: string;
  readonly repositoryId: string;
  /** For people: "the laptop of the on-call". */
  readonly label: string;
  readonly createdAt: string;
  readonly kind: SlotKind;
  readonly allows: readonly KeyUse[];
  /** The newest generation that it holds. */
  readonly generation: number;
  /** All fields but `sealed`. */
  readonly fields: JsonObject;
  readonly sealed: Uint8Array;
}

/** What binds the secrets to their slot: one text for all fields but the sealed secrets. */
export function slotBinding(slot: Pick<Slot, 'fields'>): Uint8Array {
  return utf8(canonicalJson(slot.fields));
}

export function generateSlotId(): string {
  return randomBytes(8).toString('hex');
}

export function encodeSlot({ fields, sealed }: Slot): Uint8Array {
  return utf8(`${JSON.stringify({ ...fields, sealed: formatBase64(sealed) }, undefined, 2)}\n`);
}

/**
 * Decodes the object of this name.
 * Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN (a kind of a newer version: others may still open).
 */
export function decodeSlot(bytes: Uint8Array, name: string): Slot {
  const object = parseVersioned(bytes, name);
  const slot = textField(object, 'slot', name);
  if (name !== `${slotDirectory}${slot}`) throw damaged(name, 'is a slot of another name');
  const kind = slotKinds.find((known) => known === object['kind']);
  if (kind === undefined) throw unknownFormat(name, `is a slot of a kind not known here`);
  const allows = listField(object, 'allows', name);
  return {
    slot,
    repositoryId: textField(object, 'repositoryId', name),
    label: textField(object, 'label', name),
    createdAt: textField(object, 'createdAt', name),
    kind,
    allows: keyUses.filter((use) => allows.includes(use)),
    generation: numberField(object, 'generation', name),
    fields: without(object, 'sealed'),
    sealed: base64Bytes(textField(object, 'sealed', name), 'sealed', name),
  };
}
