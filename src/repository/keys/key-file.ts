import { randomBytes } from 'node:crypto';
import { HoldfastError } from '../../base/index.ts';

const prefix = 'holdfast-key-1:';
const keyBytes = 32;

/** A new key for a key file: 32 random bytes. */
export function generateFileKey(): Uint8Array {
  return Uint8Array.from(randomBytes(keyBytes));
}

/** The text of a key file, one line. */
export function formatKeyFile(key: Uint8Array): string {
  return `${prefix}${Buffer.from(key).toString('base64url')}\n`;
}

/** The key in the text of a key file. Errors: REPOSITORY_KEY_INVALID, which says nothing of what was in it. */
export function parseKeyFile(text: string): Uint8Array {
  const line = text.trim();
  const encoded = line.startsWith(prefix) ? line.slice(prefix.length) : '';
  const key = Uint8Array.from(Buffer.from(encoded, 'base64url'));
  if (key.length !== keyBytes || Buffer.from(key).toString('base64url') !== encoded)
    throw new HoldfastError('REPOSITORY_KEY_INVALID', `a key file is one line that begins with ${prefix}`);
  return key;
}
