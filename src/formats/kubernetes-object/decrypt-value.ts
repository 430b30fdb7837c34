/** Values encrypted at rest, read with the keys of an EncryptionConfiguration. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { equalBytes, type Finding, hasCode, isHoldfastError, RecentMap, utf8 } from '../../base/index.ts';
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
      /** Why a KMS plugin is of no help: what it said, or why it could not be asked. */
      readonly kmsRefusal?: string;
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

/**
 * Asks a KMS plugin for a data key; rejects when it gives none, with the reason as message. The bytes of the answer are
 * overwritten once they are taken over.
 */
export type UnwrapDataKey = (request: DataKeyRequest) => Promise<Uint8Array>;

export interface Decryptor {
  /** Decrypts with the keys of the configuration and the data keys that have been unwrapped so far. */
  decrypt(stored: StoredValue): Decryption;
  /**
   * The same, and unwraps what is missing. Without an `unwrap`, or when it rejects, the value stays encrypted.
   * Errors: INTERRUPTED, if `unwrap` says so.
   */
  decryptWithKms(stored: StoredValue): Promise<Decryption>;
}

type NotDecrypted = Extract<Decryption, { readonly state: 'encrypted' }>;
type SecretEncryptionKey = Exclude<EncryptionKey, { readonly provider: 'identity' }>;
/** Why a plugin gave no key, by the request. */
type Refusals = ReadonlyMap<string, string>;
type DataKeys = Pick<RecentMap<string, KeyObject>, 'get'>;
type Attempt = Uint8Array | DataKeyRequest | Failure;

interface Failure {
  readonly reason: NotDecrypted['reason'];
  /** In words, as the end of a sentence; by the reason when absent. */
  readonly why?: string;
  readonly kmsRefusal?: string;
}

/** With v1 every object has a data key of its own. */
const dataKeysKept = 4096;

/** A decryptor with the keys of the rules; without one, everything encrypted wants a key. */
export function createDecryptor(rules: EncryptionRules | undefined, unwrap?: UnwrapDataKey): Decryptor {
  const dataKeys = new RecentMap<string, KeyObject>(dataKeysKept);
  return {
    decrypt: (stored) => decryptWith(rules, dataKeys, noRefusals, stored),
    async decryptWithKms(stored) {
      const refusals = new Map<string, string>();
      // Several plugins may have the name: each is asked at most once, so that this ends.
      for (;;) {
        const outcome = decryptWith(rules, dataKeys, refusals, stored);
        if (outcome.state !== 'needs-data-key') return outcome;
        const id = dataKeyId(outcome.request);
        try {
          dataKeys.set(id, await unwrapKey(outcome.request, unwrap));
        } catch (error) {
          if (hasCode(error, 'INTERRUPTED')) throw error;
          refusals.set(id, error instanceof Error ? error.message : String(error));
        }
      }
    },
  };
}

const noRefusals: Refusals = new Map();

async function unwrapKey(request: DataKeyRequest, unwrap: UnwrapDataKey | undefined): Promise<KeyObject> {
  if (unwrap === undefined) throw new Error('no plugin is asked');
  const bytes = await unwrap(request);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function decryptWith(
  rules: EncryptionRules | undefined,
  dataKeys: DataKeys,
  refusals: Refusals,
  stored: StoredValue,
): Decryption {
  const encryption = parseEncryptedValue(stored.value);
  if (encryption === undefined) return { state: 'plain', value: stored.value };
  const keys = (rules === undefined ? undefined : findEncryptionKeys(rules, stored)) ?? [];
  let failed = notDecrypted({ reason: 'no-key' }, encryption);
  // The same name may stand for several keys while one is being exchanged: all are tried.
  for (const key of keys) {
    if (key.provider === 'identity' || !startsWith(stored.value, key.prefix)) continue;
    const { provider, keyName } = key;
    const payload = stored.value.subarray(key.prefix.length);
    const attempt = attemptKey(key, payload, stored, { dataKeys, refusals });
    if (attempt instanceof Uint8Array) return { state: 'decrypted', value: attempt, provider, keyName };
    if ('ciphertext' in attempt) return { state: 'needs-data-key', request: attempt };
    failed = notDecrypted(attempt, { ...encryption, keyName, payload });
  }
  return failed;
}

function startsWith(value: Uint8Array, prefix: Uint8Array): boolean {
  return value.length >= prefix.length && equalBytes(value.subarray(0, prefix.length), prefix);
}

/** What plugins have said so far. */
interface Unwrapped {
  readonly dataKeys: DataKeys;
  readonly refusals: Refusals;
}

function attemptKey(
  key: SecretEncryptionKey,
  payload: Uint8Array,
  stored: StoredValue,
  unwrapped: Unwrapped,
): Attempt {
  switch (key.provider) {
    case 'aescbc':
      return plausible(decryptAesCbc(key.key, payload)) ?? wrongKey;
    case 'aesgcm':
      return decryptAesGcm(key.key, payload, additionalData(stored)) ?? wrongKey;
    case 'secretbox':
      return decryptSecretbox(key.key, payload) ?? wrongKey;
    case 'kms':
      return attemptKms(key, payload, stored, unwrapped);
  }
}

const wrongKey: Failure = { reason: 'wrong-key' };
const wrongDataKey: Failure = {
  reason: 'wrong-key',
  why: 'and the key that the KMS plugin gave does not open it',
  kmsRefusal: 'the key that it gave does not fit',
};

/** CBC proves nothing: one wrong key in 256 leaves something that looks padded. */
function plausible(text: Uint8Array | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  return isProtobufObject(text) || text[0] === openingBrace ? text : undefined;
}

const openingBrace = 0x7b;

function attemptKms(
  key: SecretEncryptionKey & { readonly provider: 'kms' },
  payload: Uint8Array,
  stored: StoredValue,
  { dataKeys, refusals }: Unwrapped,
): Attempt {
  const envelope = readEnvelope(key.apiVersion, payload);
  if (envelope === undefined) return { reason: 'damaged' };
  const request = requestOf(key, envelope);
  const id = dataKeyId(request);
  const refusal = refusals.get(id);
  if (refusal !== undefined)
    return {
      reason: 'kms-failed',
      why: `and the KMS plugin gave no key: ${refusal}`,
      kmsRefusal: refusal,
    };
  const dataKey = dataKeys.get(id);
  if (dataKey === undefined) return request;
  const { isSeed, data } = envelope;
  if (isSeed) return decryptWithSeed(dataKey, data, additionalData(stored)) ?? wrongDataKey;
  // Before 1.25 the v1 provider wrote CBC.
  return (
    decryptAesGcm(dataKey, data, additionalData(stored)) ??
    (key.apiVersion === 'v1' ? plausible(decryptAesCbc(dataKey, data)) : undefined) ??
    wrongDataKey
  );
}

function requestOf(
  { apiVersion, keyName: plugin, endpoint, timeoutMs }: SecretEncryptionKey & { readonly provider: 'kms' },
  { wrappedKey: ciphertext, keyId, annotations }: KmsEnvelope,
): DataKeyRequest {
  return {
    apiVersion,
    plugin,
    endpoint,
    timeoutMs,
    ciphertext,
    ...(keyId === undefined ? {} : { keyId }),
    ...(annotations === undefined ? {} : { annotations }),
  };
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
  { reason, why = reasons[reason], kmsRefusal }: Failure,
  encryption: EncryptedValue,
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
    ...(kmsRefusal === undefined ? {} : { kmsRefusal }),
  };
}
