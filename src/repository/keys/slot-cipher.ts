import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
  scrypt,
  type ScryptOptions,
} from 'node:crypto';
import { base64Bytes, type JsonObject, numberField, objectField, textField } from '../encoding/index.ts';
import { formatBase64, HoldfastError, utf8 } from '../../base/index.ts';
import { damaged } from '../failures.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** 2¹⁷: with r = 8 128 MiB and half a second. */
export const defaultScryptN = 1 << 17;
/** What a slot may make us allocate. */
const scryptLimitBytes = 512 << 20;

/** Seals under a key of 32 bytes: nonce, ciphertext, tag. */
export function sealWithKey(key: Uint8Array, content: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated);
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** Opens it again; undefined when it was sealed under another key, or was changed. */
export function openWithKey(
  key: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes));
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    // A wrong key and a changed slot cannot be told apart.
    return undefined;
  }
}

/** The fields that say how a passphrase becomes a key. */
export function createScrypt(n: number): JsonObject {
  return { name: 'scrypt', n, r: 8, p: 1, salt: formatBase64(randomBytes(32)) };
}

export function createHkdf(): JsonObject {
  return { name: 'hkdf-sha256', salt: formatBase64(randomBytes(32)) };
}

/**
 * The key that a passphrase gives under the `kdf` of a slot.
 * Errors: REPOSITORY_KEY_INVALID (empty), REPOSITORY_DAMAGED (parameters that nobody uses).
 */
export async function passphraseKey(
  fields: JsonObject,
  passphrase: string,
  what: string,
): Promise<Uint8Array> {
  if (passphrase === '') throw new HoldfastError('REPOSITORY_KEY_INVALID', 'the passphrase is empty');
  const kdf = kdfOf(fields, 'scrypt', what);
  const [N, r, p] = ['n', 'r', 'p'].map((name) => numberField(kdf.fields, name, what)) as [
    number,
    number,
    number,
  ];
  const memoryBytes = 128 * N * r;
  const isSane = N >= 2 && (N & (N - 1)) === 0 && r >= 1 && p >= 1 && p <= 16;
  if (!isSane || memoryBytes > scryptLimitBytes) throw damaged(what, 'asks for an scrypt that nobody uses');
  // One text for what a keyboard may give in two ways.
  const input = utf8(passphrase.normalize('NFC'));
  return scryptKey(input, kdf.salt, { N, r, p, maxmem: memoryBytes + 128 * r * p + (1 << 20) });
}

/** The key that the content of a key file gives under the `kdf` of a slot. Errors: REPOSITORY_DAMAGED. */
export function fileSlotKey(fields: JsonObject, fileKey: Uint8Array, what: string): Uint8Array {
  const { salt } = kdfOf(fields, 'hkdf-sha256', what);
  return new Uint8Array(hkdfSync('sha256', fileKey, salt, 'holdfast key slot', 32));
}

function kdfOf(fields: JsonObject, name: string, what: string) {
  const kdf = objectField(fields, 'kdf', what);
  if (textField(kdf, 'name', what) !== name) throw damaged(what, `does not use ${name}`);
  return { fields: kdf, salt: base64Bytes(textField(kdf, 'salt', what), 'salt', what) };
}

function scryptKey(input: Uint8Array, salt: Uint8Array, options: ScryptOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(input, salt, 32, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
