import { HoldfastError } from '../../../base/index.ts';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { type FoundObject, type SelectFrom, selectObjects } from '../select/index.ts';

export interface GetObjectOptions {
  /** `RESOURCE/NAME`. */
  readonly word: string;
  /** `default` where the object is in one and none is given. */
  readonly namespace?: string;
}

/**
 * One object as the API server would serve it. Errors: UNKNOWN_RESOURCE, USAGE, OBJECT_NOT_FOUND, OBJECT_NOT_READABLE
 * (it is encrypted with a key that is not given, or damaged).
 */
export async function getObject(from: SelectFrom, options: GetObjectOptions): Promise<JsonObject> {
  const { object, place } = await findObject(from, options);
  if (object.state === 'decoded') return object.object;
  const { resource, name } = place;
  throw new HoldfastError('OBJECT_NOT_READABLE', `${resource}/${name} is ${object.finding.message}`);
}

/**
 * The bytes of an object as they are stored, decrypted where that is possible. Errors: those of `getObject`, but what
 * cannot be decrypted or decoded comes as it is.
 */
export async function getRawObject(from: SelectFrom, options: GetObjectOptions): Promise<Uint8Array> {
  const { key, place, value } = await findObject(from, options);
  const of = { key: key.key, modRevision: key.modRevision, place };
  return (await from.reader.decrypt(value, of)).value;
}

async function findObject(from: SelectFrom, { word, namespace }: GetObjectOptions): Promise<FoundObject> {
  if (!word.includes('/') || word.includes(',')) {
    throw new HoldfastError('USAGE', `"${word}" is not RESOURCE/NAME`, {
      hint: 'Write the resource, a slash and the name: deploy/web.',
    });
  }
  const selection = { words: [word], ...(namespace === undefined ? {} : { namespace }) };
  for await (const found of selectObjects(from, selection)) return found;
  throw new HoldfastError('OBJECT_NOT_FOUND', `${word} is not there at revision ${from.source.revision}`);
}
