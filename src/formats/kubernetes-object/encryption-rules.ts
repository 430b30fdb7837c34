/**
 * Which keys may have written a resource: the rules of an API server's EncryptionConfiguration.
 *
 * Source: k8s.io/apiserver pkg/apis/apiserver/v1/types_encryption.go, pkg/server/options/encryptionconfig/config.go
 * (1.36.2).
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { encryptedPrefix } from './encrypted-value.ts';

/** An EncryptionConfiguration as it was read: what `parseEncryptionConfig` of `src/kubernetes` gives. */
export interface EncryptionConfigInput {
  /** In the order of the file. */
  readonly resources: readonly {
    /** `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, `*.*`. */
    readonly resources: readonly string[];
    readonly providers: readonly {
      readonly kind: 'aescbc' | 'aesgcm' | 'secretbox' | 'identity' | 'kms';
      readonly keys: readonly { readonly name: string; readonly secret: () => Uint8Array }[];
      readonly kms?: {
        readonly apiVersion: 'v1' | 'v2';
        readonly name: string;
        readonly endpoint: string;
        readonly timeoutMs: number;
      };
    }[];
  }[];
}

/** A provider with one key. Keys are opaque when printed. */
export type EncryptionKey =
  | { readonly provider: 'identity' }
  | {
      readonly provider: 'aescbc' | 'aesgcm' | 'secretbox';
      readonly keyName: string;
      /** What a value begins with that it wrote. */
      readonly prefix: Uint8Array;
      readonly key: KeyObject;
    }
  | {
      readonly provider: 'kms';
      readonly apiVersion: 'v1' | 'v2';
      /** The name of the plugin, which values carry as their key name. */
      readonly keyName: string;
      readonly prefix: Uint8Array;
      /** The plugin's socket: `unix:///run/kms.sock`. */
      readonly endpoint: string;
      /** How long it may take to answer. */
      readonly timeoutMs: number;
    };

/** `resource.group`, `*.group` or `*.*` → what may have written it, in the order in which it is tried. */
export type EncryptionRules = ReadonlyMap<string, readonly EncryptionKey[]>;

type ProviderInput = EncryptionConfigInput['resources'][number]['providers'][number];

export function buildEncryptionRules(config: EncryptionConfigInput): EncryptionRules {
  const rules = new Map<string, readonly EncryptionKey[]>();
  for (const { resources, providers } of config.resources) {
    const keys = providers.flatMap(listKeys);
    for (const name of resources) {
      const { group, resource } = parseResourceName(name);
      // An earlier wildcard that covers the resource hides it; a resource that comes twice adds its providers up.
      if (rules.has(ruleName('*', group)) || rules.has(ruleName('*', '*'))) continue;
      const rule = ruleName(resource, group);
      rules.set(rule, [...(rules.get(rule) ?? []), ...keys]);
    }
  }
  return rules;
}

/** The keys that may have written a resource; undefined where no rule names it, so that it lies there as it is. */
export function findEncryptionKeys(
  rules: EncryptionRules,
  { group, resource }: { readonly group: string; readonly resource: string },
): readonly EncryptionKey[] | undefined {
  return (
    rules.get(ruleName(resource, group)) ?? rules.get(ruleName('*', group)) ?? rules.get(ruleName('*', '*'))
  );
}

function listKeys({ kind, keys, kms }: ProviderInput): EncryptionKey[] {
  if (kind === 'identity') return [{ provider: 'identity' }];
  if (kind !== 'kms') {
    return keys.map(({ name, secret }) => ({
      provider: kind,
      keyName: name,
      prefix: encryptedPrefix(kind, 'v1', name),
      key: createSecretKey(secret()),
    }));
  }
  if (kms === undefined) return [];
  const { apiVersion, name, endpoint, timeoutMs } = kms;
  const prefix = encryptedPrefix(kind, apiVersion, name);
  return [{ provider: kind, apiVersion, keyName: name, prefix, endpoint, timeoutMs }];
}

function parseResourceName(name: string): { readonly group: string; readonly resource: string } {
  const dot = name.indexOf('.');
  return dot < 0
    ? { resource: name, group: '' }
    : { resource: name.slice(0, dot), group: name.slice(dot + 1) };
}

function ruleName(resource: string, group: string): string {
  return `${resource}.${group}`;
}
