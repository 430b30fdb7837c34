/**
 * Values encrypted at rest: `k8s:enc:<provider>:<version>:<key name>:` and then the provider's own bytes. For kms the
 * name is that of the plugin.
 *
 * Source: k8s.io/apiserver pkg/server/options/encryptionconfig/config.go (1.36.2).
 */
import { displayText, utf8 } from '../../base/index.ts';

export type EncryptionProvider = 'aescbc' | 'aesgcm' | 'secretbox' | 'kms';

export interface EncryptedValue {
  /** The name in the prefix; one that is not an `EncryptionProvider` is from a program that we do not know. */
  readonly provider: EncryptionProvider | (string & {});
  /** `v1`, and `v2` for kms. */
  readonly version: string;
  /**
   * The name of the key, or of the KMS plugin, that the value asks for: up to the first colon. A name may have colons
   * of its own, which only who knows the name can tell from the one behind it.
   */
  readonly keyName: string;
  /** What follows the prefix: a view of the value. */
  readonly payload: Uint8Array;
}

const marker = utf8('k8s:enc:');
const colon = 0x3a;
/** A key's name has no limit of its own; a prefix longer than this is not one. */
const prefixLimitBytes = 4096;

/** What a value begins with that a provider wrote with a key of this name. */
export function encryptedPrefix(provider: EncryptionProvider, version: string, keyName: string): Uint8Array {
  return utf8(`k8s:enc:${provider}:${version}:${keyName}:`);
}

/** Whether a value begins as an encrypted one. */
export function isEncryptedValue(value: Uint8Array): boolean {
  if (value.length < marker.length) return false;
  for (let i = 0; i < marker.length; i++) if (value[i] !== marker[i]) return false;
  return true;
}

/**
 * The prefix of an encrypted value. Undefined for one that is not encrypted. A prefix that ends too early gives what
 * it has, with an empty payload.
 */
export function parseEncryptedValue(value: Uint8Array): EncryptedValue | undefined {
  if (!isEncryptedValue(value)) return undefined;
  const limit = Math.min(value.length, prefixLimitBytes);
  const fields: string[] = [];
  let start = marker.length;
  for (let i = start; i < limit && fields.length < 3; i++) {
    if (value[i] !== colon) continue;
    fields.push(displayText(value.subarray(start, i)));
    start = i + 1;
  }
  const [provider = '', version = '', keyName = ''] = fields;
  return { provider, version, keyName, payload: fields.length === 3 ? value.subarray(start) : empty };
}

const empty: Uint8Array = new Uint8Array(0);
