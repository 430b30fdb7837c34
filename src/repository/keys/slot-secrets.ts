import { formatBase64, utf8 } from '../../base/index.ts';
import {
  base64Bytes,
  canonicalJson,
  type JsonObject,
  type JsonValue,
  listField,
  textField,
} from '../encoding/index.ts';
import type { RepositorySecrets } from './repository-keys.ts';

/** The secrets as they are sealed. */
export function secretsToJson(secrets: RepositorySecrets): JsonObject {
  return {
    control: formatBase64(secrets.control),
    content: secrets.content.map(formatBase64),
    bundle: secrets.bundle.map(formatBase64),
  };
}

export function encodeSecrets(value: JsonValue): Uint8Array {
  return utf8(canonicalJson(value));
}

/** Errors: REPOSITORY_DAMAGED. */
export function secretsFromJson(object: JsonObject, what: string): RepositorySecrets {
  const key = (text: string) => base64Bytes(text, 'key', what, 32);
  return {
    control: key(textField(object, 'control', what)),
    content: listField(object, 'content', what).map(key),
    bundle: listField(object, 'bundle', what).map(key),
  };
}
