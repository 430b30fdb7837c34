/**
 * The ciphers of encryption at rest. Each takes what follows the prefix and gives the plaintext, or undefined when it
 * is too short, the key does not fit or it has been changed.
 *
 * aescbc: 16 bytes IV, then AES-CBC with PKCS#7. aesgcm: 12 bytes nonce, AES-GCM, 16 bytes tag, the etcd key as
 * additional data. secretbox: 24 bytes nonce, XSalsa20-Poly1305. A KMS v2 seed: 32 bytes info, then as aesgcm with the
 * key HMAC-SHA-256(seed, info ‖ 1), which is one block of HKDF-Expand.
 *
 * Source: k8s.io/apiserver pkg/storage/value/encrypt/aes/aes.go, aes_extended_nonce.go, secretbox/secretbox.go (1.36.2).
 */
import { createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';

const blockBytes = 16;
const gcmNonceBytes = 12;
const gcmTagBytes = 16;
const boxNonceBytes = 24;
const boxTagBytes = 16;
const infoBytes = 32;

export function decryptAesCbc(key: KeyObject, data: Uint8Array): Uint8Array | undefined {
  if (data.length < 2 * blockBytes || data.length % blockBytes !== 0) return undefined;
  try {
    const cipher = createDecipheriv(
      `aes-${keyBits(key)}-cbc`,
      key,
      data.subarray(0, blockBytes),
    ).setAutoPadding(false);
    return withoutPadding(concat(cipher.update(data.subarray(blockBytes)), cipher.final()));
  } catch {
    return undefined;
  }
}

/** Go's own rule, which takes more than a block of padding too. */
function withoutPadding(text: Uint8Array): Uint8Array | undefined {
  const padding = text.at(-1)!;
  if (padding === 0 || padding > text.length) return undefined;
  const end = text.length - padding;
  return text.subarray(end).every((byte) => byte === padding) ? text.subarray(0, end) : undefined;
}

export function decryptAesGcm(
  key: KeyObject,
  data: Uint8Array,
  additionalData: Uint8Array,
): Uint8Array | undefined {
  if (data.length < gcmNonceBytes + gcmTagBytes) return undefined;
  const end = data.length - gcmTagBytes;
  const algorithm = `aes-${keyBits(key)}-gcm` as 'aes-256-gcm';
  try {
    const cipher = createDecipheriv(algorithm, key, data.subarray(0, gcmNonceBytes), {
      authTagLength: gcmTagBytes,
    });
    cipher.setAAD(additionalData).setAuthTag(data.subarray(end));
    return concat(cipher.update(data.subarray(gcmNonceBytes, end)), cipher.final());
  } catch {
    return undefined;
  }
}

export function decryptSecretbox(key: KeyObject, data: Uint8Array): Uint8Array | undefined {
  if (data.length < boxNonceBytes + boxTagBytes) return undefined;
  try {
    return xsalsa20poly1305(key.export(), data.subarray(0, boxNonceBytes)).decrypt(
      data.subarray(boxNonceBytes),
    );
  } catch {
    return undefined;
  }
}

/** With a seed instead of a key: each value has a key of its own. */
export function decryptWithSeed(
  seed: KeyObject,
  data: Uint8Array,
  additionalData: Uint8Array,
): Uint8Array | undefined {
  if (data.length < infoBytes) return undefined;
  const info = data.subarray(0, infoBytes);
  const key = createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest();
  return decryptAesGcm(createSecretKey(key), data.subarray(infoBytes), additionalData);
}

/** The sizes that AES has; others make no cipher. */
function keyBits(key: KeyObject): number {
  return (key.symmetricKeySize ?? 0) * 8;
}

function concat(first: Buffer, rest: Buffer): Uint8Array {
  return rest.length === 0 ? first : Buffer.concat([first, rest]);
}
