import { createHmac, hash, hkdfSync, randomBytes } from 'node:crypto';
import { HoldfastError } from '../../base/index.ts';
import { generateX25519, x25519Public } from './x25519.ts';

/** What a key allows: adding backups, reading their content, reading what is sealed apart. */
export const keyUses = ['write', 'read', 'bundle'] as const;
export type KeyUse = (typeof keyUses)[number];

/** The secrets of a repository, or those of them that a slot holds. Lists are by generation, from the first. */
export interface RepositorySecrets {
  /** 32 bytes. */
  readonly control: Uint8Array;
  /** X25519 private keys; empty without the use `read`. */
  readonly content: readonly Uint8Array[];
  /** X25519 private keys; empty without the use `bundle`. */
  readonly bundle: readonly Uint8Array[];
}

/** The public keys of a generation. */
export interface PublicKeys {
  readonly content: Uint8Array;
  readonly bundle: Uint8Array;
}

/** An open repository's keys. */
export interface RepositoryKeys {
  readonly repositoryId: string;
  readonly secrets: RepositorySecrets;
  /** By generation, from the first; what is sealed now is sealed for the last. At least one. */
  readonly publicKeys: readonly PublicKeys[];
}

/** New secrets for a new repository. */
export function createRepositoryKeys(): RepositoryKeys {
  const content = generateX25519();
  const bundle = generateX25519();
  return {
    repositoryId: randomBytes(16).toString('hex'),
    secrets: {
      control: Uint8Array.from(randomBytes(32)),
      content: [content.privateKey],
      bundle: [bundle.privateKey],
    },
    publicKeys: [{ content: content.publicKey, bundle: bundle.publicKey }],
  };
}

/** What these secrets allow. */
export function usesOf(secrets: RepositorySecrets): readonly KeyUse[] {
  return keyUses.filter(
    (use) => use === 'write' || secrets[use === 'read' ? 'content' : 'bundle'].length > 0,
  );
}

/** The secrets without those that these uses do not need. Errors: REPOSITORY_KEY_INSUFFICIENT when some are not there. */
export function secretsFor(secrets: RepositorySecrets, uses: readonly KeyUse[]): RepositorySecrets {
  for (const use of uses) requireUse(secrets, use);
  return {
    control: secrets.control,
    content: uses.includes('read') ? secrets.content : [],
    bundle: uses.includes('bundle') ? secrets.bundle : [],
  };
}

const useWords: Readonly<Record<KeyUse, string>> = {
  write: 'adding backups',
  read: 'reading what is in backups',
  bundle: 'reading the control plane bundle of backups',
};

/** Errors: REPOSITORY_KEY_INSUFFICIENT. */
export function requireUse(secrets: RepositorySecrets, use: KeyUse): void {
  if (usesOf(secrets).includes(use)) return;
  throw new HoldfastError('REPOSITORY_KEY_INSUFFICIENT', `this key does not allow ${useWords[use]}`);
}

/** Whether private keys belong to the public ones, generation by generation. */
export function secretsMatch(secrets: RepositorySecrets, publicKeys: readonly PublicKeys[]): boolean {
  const belong = (privateKeys: readonly Uint8Array[], use: keyof PublicKeys) =>
    privateKeys.every((key, at) => {
      const expected = publicKeys[at]?.[use];
      return expected !== undefined && Buffer.compare(x25519Public(key), expected) === 0;
    });
  return belong(secrets.content, 'content') && belong(secrets.bundle, 'bundle');
}

/** A key for one purpose, from the control secret. */
export function controlSubkey(
  control: Uint8Array,
  purpose: 'holdfast chunk ids' | 'holdfast row digests' | 'holdfast config',
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', control, new Uint8Array(0), purpose, 32));
}

/** The id of a content: 32 bytes that say what it is, and nothing to whoever lacks the key. */
export type ContentIds = (type: number, content: Uint8Array) => Uint8Array;

export function contentIds(control: Uint8Array): ContentIds {
  const key = controlSubkey(control, 'holdfast chunk ids');
  return (type, content) =>
    Uint8Array.from(createHmac('sha256', key).update(Uint8Array.of(type)).update(content).digest());
}

/** Bytes of a row's digest. */
export const rowDigestBytes = 12;

/** The digest of a row, by which it is found again: `rowDigestBytes` bytes, which hold until the next call. */
export type RowDigests = (key: Uint8Array, value: Uint8Array) => Uint8Array;

export function rowDigests(control: Uint8Array): RowDigests {
  const subkey = controlSubkey(control, 'holdfast row digests');
  let input = Buffer.alloc(64 << 10);
  input.set(subkey);
  return (key, value) => {
    const valueAt = subkey.length + 4 + key.length;
    const length = valueAt + value.length;
    if (length > input.length) {
      input = Buffer.alloc(length * 2);
      input.set(subkey);
    }
    input.writeUInt32LE(key.length, subkey.length);
    input.set(key, subkey.length + 4);
    input.set(value, valueAt);
    return hash('sha256', input.subarray(0, length), 'buffer').subarray(0, rowDigestBytes);
  };
}
