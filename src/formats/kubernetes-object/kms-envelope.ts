/**
 * What the kms provider keeps behind its prefix: the data key, wrapped by the plugin, and what it encrypts.
 *
 * v1: u16 big-endian length, the wrapped key, the ciphertext. v2: protobuf EncryptedObject {1 encryptedData, 2 keyID,
 * 3 encryptedDEKSource, 4 annotations (map of bytes), 5 encryptedDEKSourceType (0 the key itself, 1 a seed)}.
 *
 * Source: k8s.io/apiserver pkg/storage/value/encrypt/envelope/envelope.go, kmsv2/v2/api.proto (1.36.2).
 */
import { createHash } from 'node:crypto';
import { WireReader } from '../../base/index.ts';

/** What a KMS plugin is asked to unwrap. Its answer is a data key, or the seed of one. */
export interface DataKeyRequest {
  readonly apiVersion: 'v1' | 'v2';
  /** The plugin's name and socket in the encryption configuration. */
  readonly plugin: string;
  readonly endpoint: string;
  /** How long the plugin may take to answer. */
  readonly timeoutMs: number;
  /** The wrapped key: a view of the value. */
  readonly ciphertext: Uint8Array;
  /** v2: the plugin's own name of the key that wrapped it. */
  readonly keyId?: string;
  /** v2: what the plugin wants to have back. */
  readonly annotations?: Readonly<Record<string, Uint8Array>>;
}

export interface KmsEnvelope {
  readonly wrappedKey: Uint8Array;
  /** The ciphertext: a view of the payload. */
  readonly data: Uint8Array;
  readonly keyId?: string;
  readonly annotations?: Readonly<Record<string, Uint8Array>>;
  /** Whether the unwrapped key is a seed from which each value's key is derived. */
  readonly isSeed: boolean;
}

/** Decodes a payload; undefined when it is cut short, throws RECORD_INVALID when its protobuf is malformed. */
export function decodeKmsEnvelope(apiVersion: 'v1' | 'v2', payload: Uint8Array): KmsEnvelope | undefined {
  return apiVersion === 'v1' ? decodeV1(payload) : decodeV2(payload);
}

function decodeV1(payload: Uint8Array): KmsEnvelope | undefined {
  if (payload.length < 2) return undefined;
  const length = (payload[0]! << 8) | payload[1]!;
  if (payload.length < 2 + length) return undefined;
  return { wrappedKey: payload.subarray(2, 2 + length), data: payload.subarray(2 + length), isSeed: false };
}

function decodeV2(payload: Uint8Array): KmsEnvelope | undefined {
  let data: Uint8Array | undefined;
  let wrappedKey: Uint8Array | undefined;
  let keyId = '';
  let isSeed = false;
  const annotations: [string, Uint8Array][] = [];
  const reader = new WireReader(payload);
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field >= 1 && field <= 5) reader.expect(field, type, field === 5 ? 0 : 2);
    if (field === 1) data = reader.bytes();
    else if (field === 2) keyId = reader.string();
    else if (field === 3) wrappedKey = reader.bytes();
    else if (field === 4) annotations.push(decodeAnnotation(new WireReader(reader.bytes())));
    else if (field === 5) isSeed = reader.uint() === 1;
    else reader.skip(type);
  }
  if (data === undefined || wrappedKey === undefined) return undefined;
  return { wrappedKey, data, keyId, annotations: Object.fromEntries(annotations), isSeed };
}

function decodeAnnotation(reader: WireReader): [string, Uint8Array] {
  let name = '';
  let value: Uint8Array = new Uint8Array(0);
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === 1 && type === 2) name = reader.string();
    else if (field === 2 && type === 2) value = reader.bytes();
    else reader.skip(type);
  }
  return [name, value];
}

/** A name for a request by which its answer can be kept: the same wrapped key is asked for once. */
export function dataKeyId(request: DataKeyRequest): string {
  const { apiVersion, plugin, endpoint, keyId, ciphertext, annotations } = request;
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(annotations ?? {}))
    hash.update(`${name.length}:${name}${value.length}:`).update(value);
  const parts = [apiVersion, plugin, endpoint, keyId ?? '', hash.update(ciphertext).digest('hex')];
  return JSON.stringify(parts);
}
