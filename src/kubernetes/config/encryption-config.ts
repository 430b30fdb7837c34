import { HoldfastError } from '../../base/index.ts';

/** The API server's `--encryption-provider-config`. */
export interface EncryptionConfig {
  readonly resources: readonly EncryptedResources[];
}

export interface EncryptedResources {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.`, `*.*`, in order. */
  readonly resources: readonly string[];
  /** The first one writes; all of them read. */
  readonly providers: readonly EncryptionProvider[];
}

export interface EncryptionProvider {
  readonly kind: 'aescbc' | 'aesgcm' | 'secretbox' | 'identity' | 'kms';
  readonly line: number;
  readonly keys: readonly EncryptionKey[];
  readonly kms?: { readonly apiVersion: 'v1' | 'v2'; readonly name: string; readonly endpoint: string };
}

export interface EncryptionKey {
  readonly name: string;
  readonly line: number;
  /** The key itself, a copy; a function, so that no printer shows it by accident. */
  readonly secret: () => Uint8Array;
}

/** Errors: CONFIG_FILE_INVALID with file and line, never with key material. */
export function parseEncryptionConfig(_text: string, _path: string): EncryptionConfig {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** What values begin with that this configuration can read: `k8s:enc:aescbc:v1:key1:`, `k8s:enc:kms:v2:name:`; "" is identity. */
export function readablePrefixes(_config: EncryptionConfig, _resource?: string): readonly string[] {
  throw new HoldfastError('DEFECT', 'not there yet');
}
