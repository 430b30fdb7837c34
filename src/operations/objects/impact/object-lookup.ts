import { prefixEnd, utf8 } from '../../../base/index.ts';
import {
  formatStorageKey,
  type JsonObject,
  parseStorageKey,
  storagePath,
} from '../../../formats/kubernetes-object/index.ts';
import type { Inspection } from '../inspect/index.ts';
import type { SourceKey } from '../source/index.ts';
import type { ObjectLookup, ResourceName } from './impact-rule.ts';

/** Looks objects up in a source. What cannot be read is as if it were not there. */
export function lookUpIn({ source, reader }: Pick<Inspection, 'source' | 'reader'>): ObjectLookup {
  const read = async (key: SourceKey, value: Uint8Array, place: ResourceName) => {
    const of = { key: key.key, modRevision: key.modRevision, place };
    const found = await reader.read(value, of, { uncounted: true });
    return found.state === 'decoded' ? found.object : undefined;
  };
  return {
    async find(place, namespace, name) {
      for (const prefix of source.prefixes) {
        const key = await source.find(utf8(formatStorageKey({ ...place, namespace, name }, prefix)));
        if (key !== undefined) return await read(key, await source.value(key), place);
      }
      return undefined;
    },
    async *list(place, namespace): AsyncGenerator<JsonObject> {
      const below = namespace === undefined ? '' : `${namespace}/`;
      for (const prefix of source.prefixes) {
        const from = utf8(`${prefix}/${storagePath(place.group, place.resource)}/${below}`);
        for await (const { key, value } of source.entries({ from, to: prefixEnd(from) })) {
          const found = parseStorageKey(key.key, prefix);
          if (found?.resource !== place.resource || found.group !== place.group) continue;
          const object = await read(key, value, place);
          if (object !== undefined) yield object;
        }
      }
    },
  };
}
