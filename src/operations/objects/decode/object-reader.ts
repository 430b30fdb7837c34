import { type Finding, operationContext } from '../../../base/index.ts';
import {
  type DecodedObject,
  decodeObject,
  decodeObjectMetadata,
  type DecodeObjectOptions,
  decodeObjectParts,
  type FieldMask,
  isEncryptedValue,
  type ObjectValue,
  type StorageKey,
} from '../../../formats/kubernetes-object/index.ts';
import {
  type DecryptionOptions,
  type DecryptorContext,
  type NotDecrypted,
  openValueDecryptor,
  type ValueDecryptor,
} from './value-decryptor.ts';

/** A stored value that could not be read as an object, and why. */
export interface UnreadObject {
  /** `encrypted`: the finding names the key that it wants. `undecoded`: damaged, or no object. */
  readonly state: 'encrypted' | 'undecoded';
  readonly finding: Finding;
  /** Known when its envelope could be read. */
  readonly apiVersion?: string;
  readonly kind?: string;
}

export type ReadObject = DecodedObject | UnreadObject;

/** What was read so far. */
export interface ReadCounts {
  readonly decoded: number;
  readonly encrypted: number;
  readonly undecoded: number;
  /** Objects with fields that the table of kinds does not know. */
  readonly withUnknownFields: number;
  /** Objects of kinds that the table does not know: only their metadata was decoded. */
  readonly ofUnknownKinds: number;
  /** By what they want, in words: `aescbc v1, key "key1"`. */
  readonly wantedKeys: ReadonlyMap<string, number>;
  /** By the same words: why a KMS plugin was of no help, the first time. */
  readonly refusals: ReadonlyMap<string, string>;
}

/** What a value is of. */
export interface ValuePlace {
  /** The whole etcd key. */
  readonly key: Uint8Array;
  readonly modRevision: bigint;
  readonly place: Pick<StorageKey, 'group' | 'resource'>;
}

/**
 * How much of an object is read. `unmanaged`: without managed fields. `metadata`: nothing else, and that without
 * managed fields. A mask: what it names, without managed fields. The less, the faster, several times.
 */
export type ReadDepth = 'whole' | 'unmanaged' | 'metadata' | FieldMask;

export interface ReadObjectOptions {
  /** Whole by default. */
  readonly depth?: ReadDepth;
  /** Leaves out what the API server changes while it reads. */
  readonly asStored?: boolean;
  /** Leaves the counts as they are. */
  readonly uncounted?: boolean;
}

export interface DecryptedValue {
  readonly value: Uint8Array;
  /** Why it is still encrypted. */
  readonly finding?: Finding;
}

/**
 * Reads stored values, decrypting them where a configuration or a KMS plugin has the keys. Never throws for what a value
 * holds; INTERRUPTED while it waits for a plugin. Dispose it.
 */
export interface ObjectReader extends Disposable {
  read(value: Uint8Array, of: ValuePlace, options?: ReadObjectOptions): Promise<ReadObject>;
  /** The value as it was before encryption; what could not be decrypted comes back as it is, with the finding. */
  decrypt(value: Uint8Array, of: ValuePlace): Promise<DecryptedValue>;
  readonly counts: ReadCounts;
}

export type ObjectReaderOptions = DecryptionOptions;

/** Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, CONFIG_FILE_INVALID; never with key material. */
export async function openObjectReader(
  options: ObjectReaderOptions = {},
  ctx: DecryptorContext = operationContext(),
): Promise<ObjectReader> {
  return new DecryptingReader(await openValueDecryptor(options, ctx));
}

class DecryptingReader implements ObjectReader {
  readonly counts = {
    decoded: 0,
    encrypted: 0,
    undecoded: 0,
    withUnknownFields: 0,
    ofUnknownKinds: 0,
    wantedKeys: new Map<string, number>(),
    refusals: new Map<string, string>(),
  };
  readonly #decryptor: ValueDecryptor;

  constructor(decryptor: ValueDecryptor) {
    this.#decryptor = decryptor;
  }

  [Symbol.dispose](): void {
    this.#decryptor[Symbol.dispose]();
  }

  async read(value: Uint8Array, of: ValuePlace, options: ReadObjectOptions = {}): Promise<ReadObject> {
    const plain = isEncryptedValue(value) ? await this.#decrypt(value, of) : value;
    const isCounted = options.uncounted !== true;
    if (!(plain instanceof Uint8Array)) {
      if (isCounted) this.#countEncrypted(plain);
      return { state: 'encrypted', finding: plain.finding };
    }
    const { depth = 'whole', asStored = false } = options;
    const found = decodeTo(depth, plain, { modRevision: of.modRevision, asStored });
    const read: ReadObject =
      found.state === 'encrypted' ? { state: 'undecoded', finding: encryptedTwice } : found;
    if (isCounted) this.#count(read);
    return read;
  }

  async decrypt(value: Uint8Array, of: ValuePlace): Promise<DecryptedValue> {
    const plain = isEncryptedValue(value) ? await this.#decrypt(value, of) : value;
    return plain instanceof Uint8Array ? { value: plain } : { value, finding: plain.finding };
  }

  #decrypt(value: Uint8Array, { key, place }: ValuePlace): Promise<Uint8Array | NotDecrypted> {
    const { group, resource } = place;
    return this.#decryptor.decrypt({ value, key, group, resource });
  }

  #count(read: ReadObject): void {
    if (read.state !== 'decoded') {
      this.counts.undecoded++;
      return;
    }
    this.counts.decoded++;
    if (read.unknownFieldCount > 0) this.counts.withUnknownFields++;
    if (!read.isKnownKind) this.counts.ofUnknownKinds++;
  }

  #countEncrypted({ wants, refusal }: NotDecrypted): void {
    const { wantedKeys, refusals } = this.counts;
    this.counts.encrypted++;
    wantedKeys.set(wants, (wantedKeys.get(wants) ?? 0) + 1);
    if (refusal !== undefined && !refusals.has(wants)) refusals.set(wants, refusal);
  }
}

function decodeTo(depth: ReadDepth, value: Uint8Array, options: DecodeObjectOptions): ObjectValue {
  if (depth === 'whole') return decodeObject(value, options);
  if (depth === 'metadata') return decodeObjectMetadata(value, options);
  return decodeObjectParts(value, depth === 'unmanaged' ? true : depth, options);
}

const encryptedTwice: Finding = {
  severity: 'warn',
  code: 'encrypted-twice',
  message: 'what came out of the decryption is encrypted again',
};
