/** Values encrypted at rest, read with the keys of an EncryptionConfiguration. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { equalBytes, type Finding, isHoldfastError, utf8 } from '../../base/index.ts';
import { decryptAesCbc, decryptAesGcm, decryptSecretbox, decryptWithSeed } from './ciphers.ts';
import { type EncryptedValue, parseEncryptedValue } from './encrypted-value.ts';
import { type EncryptionKey, type EncryptionRules, findEncryptionKeys } from './encryption-rules.ts';
import { isProtobufObject } from './envelope.ts';
import { dataKeyId, type DataKeyRequest, decodeKmsEnvelope, type KmsEnvelope } from './kms-envelope.ts';

/** What became of a value. Findings name the key that it wants, never a key's bytes. */
export type Decryption =
  /** It was not encrypted; `value` is the input. */
  | { readonly state: 'plain'; readonly value: Uint8Array }
  | {
      readonly state: 'decrypted';
      /** Fresh bytes. */
      readonly value: Uint8Array;
      readonly provider: string;
      readonly keyName: string;
    }
  /** The configuration has no such key for the resource (`no-key`), or one that does not open it (`wrong-key`). */
  | {
      readonly state: 'encrypted';
      readonly reason: 'no-key' | 'wrong-key' | 'damaged' | 'kms-failed';
      readonly encryption: EncryptedValue;
      readonly finding: Finding;
    }
  /** A KMS plugin has to unwrap a key first; `decryptWithKms` sees to it. */
  | { readonly state: 'needs-data-key'; readonly request: DataKeyRequest };

/** A stored value and where it was found. */
export interface StoredValue {
  readonly value: Uint8Array;
  /** The whole etcd key: aesgcm and kms bind the value to it. */
  readonly key: string | Uint8Array;
  readonly group: string;
  readonly resource: string;
}

/** Asks a KMS plugin for a data key; rejects when it gives none. */
export type UnwrapDataKey = (request: DataKeyRequest) => Promise<Uint8Array>;

export interface Decryptor {
  /** Decrypts with the keys of the configuration and the data keys that have been unwrapped so far. */
  decrypt(stored: StoredValue): Decryption;
  /** The same, and unwraps what is missing. Without an `unwrap` the value stays encrypted. */
  decryptWithKms(stored: StoredValue): Promise<Decryption>;
}

type NotDecrypted = Extract<Decryption, { readonly state: 'encrypted' }>;
type SecretEncryptionKey = Exclude<EncryptionKey, { readonly provider: 'identity' }>;
type Attempt = Uint8Array | DataKeyRequest | NotDecrypted['reason'];

/** A decryptor with the keys of the rules; without one, everything encrypted wants a key. */
export function createDecryptor(rules: EncryptionRules | undefined, unwrap?: UnwrapDataKey): Decryptor {
  const dataKeys = new Map<string, KeyObject>();
  const decrypt = (stored: StoredValue): Decryption => decryptWith(rules, dataKeys, stored);
  return {
    decrypt,
    async decryptWithKms(stored) {
      const first = decrypt(stored);
      if (first.state !== 'needs-data-key') return first;
      if (unwrap === undefined) return kmsFailed(stored, first.request, 'and no KMS plugin is asked');
      try {
        dataKeys.set(dataKeyId(first.request), createSecretKey(await unwrap(first.request)));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return kmsFailed(stored, first.request, `and the KMS plugin gave no key: ${why}`);
      }
      return decrypt(stored);
    },
  };
}

function decryptWith(
  rules: EncryptionRules | undefined,
  dataKeys: ReadonlyMap<string, KeyObject>,
  stored: StoredValue,
): Decryption {
  const encryption = parseEncryptedValue(stored.value);
  if (encryption === undefined) return { state: 'plain', value: stored.value };
  const keys = (rules === undefined ? undefined : findEncryptionKeys(rules, stored)) ?? [];
  let failed = notDecrypted('no-key', stored.value, encryption);
  // The same name may stand for several keys while one is being exchanged: all are tried.
  for (const key of keys) {
    if (key.provider === 'identity' || !startsWith(stored.value, key.prefix)) continue;
    const { provider, keyName } = key;
    const payload = stored.value.subarray(key.prefix.length);
    const attempt = attemptKey(key, payload, stored, dataKeys);
    if (attempt instanceof Uint8Array) return { state: 'decrypted', value: attempt, provider, keyName };
    if (typeof attempt !== 'string') return { state: 'needs-data-key', request: attempt };
    failed = notDecrypted(attempt, stored.value, { ...encryption, keyName, payload });
  }
  return failed;
}

function startsWith(value: Uint8Array, prefix: Uint8Array): boolean {
  return value.length >= prefix.length && equalBytes(value.subarray(0, prefix.length), prefix);
}

function attemptKey(
  key: SecretEncryptionKey,
  payload: Uint8Array,
  stored: StoredValue,
  dataKeys: ReadonlyMap<string, KeyObject>,
): Attempt {
  switch (key.provider) {
    case 'aescbc':
      return plausible(decryptAesCbc(key.key, payload));
    case 'aesgcm':
      return decryptAesGcm(key.key, payload, additionalData(stored)) ?? 'wrong-key';
    case 'secretbox':
      return decryptSecretbox(key.key, payload) ?? 'wrong-key';
    case 'kms':
      return attemptKms(key, payload, stored, dataKeys);
  }
}

/** CBC proves nothing: one wrong key in 256 leaves something that looks padded. */
function plausible(text: Uint8Array | undefined): Attempt {
  if (text === undefined) return 'wrong-key';
  return isProtobufObject(text) || text[0] === openingBrace ? text : 'wrong-key';
}

const openingBrace = 0x7b;

function attemptKms(
  key: SecretEncryptionKey & { readonly provider: 'kms' },
  payload: Uint8Array,
  stored: StoredValue,
  dataKeys: ReadonlyMap<string, KeyObject>,
): Attempt {
  const envelope = readEnvelope(key.apiVersion, payload);
  if (envelope === undefined) return 'damaged';
  const { apiVersion, keyName: plugin, endpoint } = key;
  const { wrappedKey: ciphertext, keyId, annotations, isSeed, data } = envelope;
  const request: DataKeyRequest = {
    apiVersion,
    plugin,
    endpoint,
    ciphertext,
    ...(keyId === undefined ? {} : { keyId }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const dataKey = dataKeys.get(dataKeyId(request));
  if (dataKey === undefined) return request;
  if (isSeed) return decryptWithSeed(dataKey, data, additionalData(stored)) ?? 'wrong-key';
  // Before 1.25 the v1 provider wrote CBC.
  return (
    decryptAesGcm(dataKey, data, additionalData(stored)) ??
    (apiVersion === 'v1' ? plausible(decryptAesCbc(dataKey, data)) : 'wrong-key')
  );
}

function readEnvelope(apiVersion: 'v1' | 'v2', payload: Uint8Array): KmsEnvelope | undefined {
  try {
    return decodeKmsEnvelope(apiVersion, payload);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return undefined;
  }
}

function additionalData({ key }: StoredValue): Uint8Array {
  return typeof key === 'string' ? utf8(key) : key;
}

const reasons: Readonly<Record<NotDecrypted['reason'], string>> = {
  'no-key': 'which the configuration does not give for this resource',
  'wrong-key': 'and the key of that name does not open it',
  damaged: 'and is cut short or malformed',
  'kms-failed': '',
};

function notDecrypted(
  reason: NotDecrypted['reason'],
  value: Uint8Array,
  encryption: EncryptedValue = parseEncryptedValue(value)!,
  why: string = reasons[reason],
): NotDecrypted {
  const { provider, version, keyName } = encryption;
  return {
    state: 'encrypted',
    reason,
    encryption,
    finding: {
      severity: 'warn',
      code: `encrypted-${reason}`,
      message: `encrypted with ${provider} ${version}, key "${keyName}", ${why}`,
    },
  };
}

function kmsFailed({ value }: StoredValue, { plugin }: DataKeyRequest, why: string): NotDecrypted {
  return notDecrypted('kms-failed', value, { ...parseEncryptedValue(value)!, keyName: plugin }, why);
}
