import { ContentReader } from '../encoding/index.ts';
import { idBytes } from '../pack/index.ts';

/** Ids of the page chunks that a layout (type 4) names, as views; the rest is passed over. Errors: REPOSITORY_DAMAGED. */
export function decodeLayoutPages(content: Uint8Array, what: string): readonly Uint8Array[] {
  const reader = new ContentReader(content, what);
  reader.varint();
  reader.varint();
  reader.bytes(reader.varint());
  for (let buckets = reader.count(1); buckets > 0; buckets--)
    for (let leaves = reader.count(3); leaves > 0; leaves--)
      for (let numbers = 3; numbers > 0; numbers--) reader.varint64();
  const ids: Uint8Array[] = [];
  for (let left = reader.count(idBytes); left > 0; left--) ids.push(reader.bytes(idBytes));
  reader.end();
  return ids;
}
