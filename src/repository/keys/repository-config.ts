import { createHmac, timingSafeEqual } from 'node:crypto';
import { formatBase64, utf8 } from '../../base/index.ts';
import {
  base64Bytes,
  canonicalJson,
  type JsonObject,
  numberField,
  parseVersioned,
  textField,
  without,
} from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import { controlSubkey, type PublicKeys } from './repository-keys.ts';

export const configName = 'config';

/** Name of the object with the public keys of a later generation; the first is in `config`. */
export function generationName(generation: number): string {
  return `generations/${generation}`;
}

/** What repository this is. Nothing of it is believed before `verify` has been called with the control secret. */
export interface RepositoryConfig {
  readonly repositoryId: string;
  /** ISO 8601, by the clock of whoever made it. */
  readonly createdAt: string;
  readonly generation: number;
  readonly publicKeys: PublicKeys;
  /** Errors: REPOSITORY_DAMAGED when it was not written by who has this secret. */
  readonly verify: (control: Uint8Array) => void;
}

export interface ConfigInput {
  readonly repositoryId: string;
  readonly createdAt: string;
  readonly generation: number;
  readonly publicKeys: PublicKeys;
}

/** The bytes of `config` (generation 1) or of a later generation. */
export function encodeConfig(control: Uint8Array, input: ConfigInput): Uint8Array {
  const fields: JsonObject = {
    formatVersion: 1,
    repositoryId: input.repositoryId,
    createdAt: input.createdAt,
    generation: input.generation,
    contentPublicKey: formatBase64(input.publicKeys.content),
    bundlePublicKey: formatBase64(input.publicKeys.bundle),
  };
  const mac = formatBase64(signature(control, fields));
  return utf8(`${JSON.stringify({ ...fields, mac }, undefined, 2)}\n`);
}

/** Decodes it. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeConfig(bytes: Uint8Array, what = configName): RepositoryConfig {
  const object = parseVersioned(bytes, what);
  const publicKey = (name: string) => base64Bytes(textField(object, name, what), name, what, 32);
  const mac = base64Bytes(textField(object, 'mac', what), 'mac', what, 32);
  const repositoryId = textField(object, 'repositoryId', what);
  if (!/^[0-9a-f]{32}$/.test(repositoryId)) throw damaged(what, 'has a repositoryId that is none');
  return {
    repositoryId,
    createdAt: textField(object, 'createdAt', what),
    generation: numberField(object, 'generation', what),
    publicKeys: { content: publicKey('contentPublicKey'), bundle: publicKey('bundlePublicKey') },
    verify(control) {
      if (!timingSafeEqual(signature(control, without(object, 'mac')), mac))
        throw damaged(what, 'was changed by somebody who does not have the keys of this repository');
    },
  };
}

function signature(control: Uint8Array, fields: JsonObject): Uint8Array {
  return createHmac('sha256', controlSubkey(control, 'holdfast config'))
    .update(canonicalJson(fields))
    .digest();
}
