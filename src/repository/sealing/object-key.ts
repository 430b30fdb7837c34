import { hkdfSync, randomBytes } from 'node:crypto';
import { HoldfastError, utf8 } from '../../base/index.ts';
import {
  generateX25519,
  type PublicKeys,
  type RepositoryKeys,
  requireUse,
  x25519Agree,
} from '../keys/index.ts';
import { damaged } from '../failures.ts';
import {
  encodeHeader,
  headerStartBytes,
  type ObjectHeader,
  type ObjectKind,
  sealingKeyOf,
} from './object-header.ts';

/** A fresh header with the key that belongs to it. */
export interface NewObjectKey {
  /** The first bytes of the object. */
  readonly header: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * Makes a key for one new object. Writing needs the control secret and public keys, no more.
 * @param name the object's name, or its directory with the slash where the name follows from the bytes
 */
export function createObjectKey(keys: RepositoryKeys, kind: ObjectKind, name: string): NewObjectKey {
  const generation = keys.publicKeys.length;
  const sealingKey = sealingKeyOf(kind);
  if (sealingKey === 'control') {
    const header = encodeHeader({ kind, generation, salt: randomBytes(32) });
    return { header, key: derive(keys.secrets.control, header, undefined, name) };
  }
  const publicKey = keys.publicKeys[generation - 1]![sealingKey];
  const pair = generateX25519();
  const header = encodeHeader({ kind, generation, salt: pair.publicKey });
  return { header, key: derive(x25519Agree(pair.privateKey, publicKey), header, publicKey, name) };
}

/** The key of an object that was found. Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_DAMAGED. */
export function findObjectKey(
  keys: RepositoryKeys,
  header: ObjectHeader,
  name: string,
  what: string,
): Uint8Array {
  const encoded = encodeHeader(header);
  const sealingKey = sealingKeyOf(header.kind);
  if (sealingKey === 'control') return derive(keys.secrets.control, encoded, undefined, name);
  requireUse(keys.secrets, sealingKey === 'content' ? 'read' : 'bundle');
  const publicKey = publicKeyOf(keys.publicKeys[header.generation - 1], sealingKey, what);
  const privateKey = keys.secrets[sealingKey][header.generation - 1];
  if (privateKey === undefined)
    throw new HoldfastError(
      'REPOSITORY_KEY_INSUFFICIENT',
      `${what} was sealed after this key was made, for keys of generation ${header.generation}`,
    );
  let shared: Uint8Array;
  try {
    shared = x25519Agree(privateKey, header.salt);
  } catch (error) {
    throw damaged(what, 'the key in its header is none', error);
  }
  return derive(shared, encoded, publicKey, name);
}

function publicKeyOf(keys: PublicKeys | undefined, sealingKey: keyof PublicKeys, what: string): Uint8Array {
  if (keys === undefined) throw damaged(what, 'names a generation of keys that the repository does not have');
  return keys[sealingKey];
}

function derive(
  input: Uint8Array,
  header: Uint8Array,
  publicKey: Uint8Array | undefined,
  name: string,
): Uint8Array {
  const salt = header.subarray(headerStartBytes);
  const info = Buffer.concat([utf8('holdfast object\0'), header.subarray(0, headerStartBytes), utf8(name)]);
  const wholeSalt = publicKey === undefined ? salt : Buffer.concat([salt, publicKey]);
  return new Uint8Array(hkdfSync('sha256', input, wholeSalt, info, 32));
}
