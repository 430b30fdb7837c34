/** Kubernetes objects as API servers store them in etcd: keys, values, encryption at rest. Bytes in, values out. */
export type { UnknownField } from './decode-message.ts';
export {
  type DecodedObject,
  decodeObject,
  decodeObjectMetadata,
  decodeObjectParts,
  type DecodeObjectOptions,
  type EncryptedObject,
  type ObjectValue,
  type UndecodedObject,
} from './decode-object.ts';
export {
  createDecryptor,
  type Decryption,
  type Decryptor,
  type StoredValue,
  type UnwrapDataKey,
} from './decrypt-value.ts';
export {
  type EncryptedValue,
  type EncryptionProvider,
  isEncryptedValue,
  parseEncryptedValue,
} from './encrypted-value.ts';
export {
  buildEncryptionRules,
  type EncryptionConfigInput,
  type EncryptionKey,
  type EncryptionRules,
  findEncryptionKeys,
} from './encryption-rules.ts';
export type { FieldMask } from './field-mask.ts';
export { type KnownKind, knownKinds } from './field-schema.ts';
export { formatKubernetesJson, sortedNames } from './format-json.ts';
export { formatKubernetesYaml } from './format-yaml.ts';
export { kubernetesRelease } from './field-table.ts';
export type { JsonObject, JsonValue } from './json-value.ts';
export { dataKeyId, type DataKeyRequest } from './kms-envelope.ts';
export { type ResourceOrigin, type StoredResource, storedResources } from './resource-table.ts';
export {
  defaultStoragePrefix,
  findStoragePrefixes,
  formatStorageKey,
  knownStoragePrefixes,
  parseStorageKey,
  type StorageKey,
  type StorageKeyParts,
  storagePath,
} from './storage-key.ts';
