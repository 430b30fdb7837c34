import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

/** The ASN.1 around 32 bytes of a key, RFC 8410. */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

export interface X25519Pair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A new pair, 32 bytes each. */
export function generateX25519(): X25519Pair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    privateKey: rawOf(privateKey.export({ type: 'pkcs8', format: 'der' })),
    publicKey: rawOf(publicKey.export({ type: 'spki', format: 'der' })),
  };
}

/** The public half that belongs to a private key. */
export function x25519Public(privateKey: Uint8Array): Uint8Array {
  return rawOf(createPublicKey(privateObject(privateKey)).export({ type: 'spki', format: 'der' }));
}

/** What both sides come to. Throws what node:crypto throws for public keys of small order. */
export function x25519Agree(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const spki = Buffer.concat([publicPrefix, publicKey]);
  const theirs = createPublicKey({ key: spki, type: 'spki', format: 'der' });
  return diffieHellman({ privateKey: privateObject(privateKey), publicKey: theirs });
}

function privateObject(privateKey: Uint8Array): KeyObject {
  const key = Buffer.concat([privatePrefix, privateKey]);
  return createPrivateKey({ key, type: 'pkcs8', format: 'der' });
}

function rawOf(der: Uint8Array): Uint8Array {
  return Uint8Array.from(der.subarray(-32));
}
