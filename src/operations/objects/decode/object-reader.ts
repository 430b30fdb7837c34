import type { Finding } from '../../../base/index.ts';
import type { DecodedObject, StorageKey } from '../../../formats/kubernetes-object/index.ts';

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
  /** By what they want, in words: `aescbc v1, key "key1"`. */
  readonly wantedKeys: ReadonlyMap<string, number>;
}

/** What a value is of. */
export interface ValuePlace {
  /** The whole etcd key. */
  readonly key: Uint8Array;
  readonly modRevision: bigint;
  readonly place: Pick<StorageKey, 'group' | 'resource'>;
}

export interface ReadObjectOptions {
  /** Whole by default; `metadata` without managed fields is several times faster. */
  readonly depth?: 'whole' | 'metadata';
  /** Leaves out what the API server changes while it reads. */
  readonly asStored?: boolean;
}

/** Reads stored values, decrypting them where a configuration has the keys. Never throws for what a value holds. */
export interface ObjectReader {
  read(value: Uint8Array, of: ValuePlace, options?: ReadObjectOptions): Promise<ReadObject>;
  /** The value as it was before encryption; what could not be decrypted comes back as it is, with the finding. */
  decrypt(
    value: Uint8Array,
    of: ValuePlace,
  ): Promise<{ readonly value: Uint8Array; readonly finding?: Finding }>;
  readonly counts: ReadCounts;
}

export interface ObjectReaderOptions {
  /** Path of the API server's EncryptionConfiguration. */
  readonly encryptionConfigFile?: string;
}

/** Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, CONFIG_FILE_INVALID; never with key material. */
export declare function openObjectReader(options?: ObjectReaderOptions): Promise<ObjectReader>;
