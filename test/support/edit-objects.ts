/** Snapshots of a real cluster with some objects written or deleted after the rest, as a later state of it. */
import { writeFile } from 'node:fs/promises';
import { memorySource, utf8 } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import {
  buildKeyspace,
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
} from '../../src/formats/mvcc/index.ts';
import { type KubernetesSample, sampleFile } from './kubernetes-samples.ts';
import { rowsOf } from './memory-store.ts';
import { snapshotBytes } from './snapshot-file.ts';

/** Keys below `/registry/` with an object as JSON, a value as it is, or nothing for a deletion. */
export type ObjectEdits = Readonly<Record<string, object | Uint8Array | undefined>>;

/** Writes a sample's snapshot with these changes at revisions of their own. */
export async function writeEditedSample(
  sample: KubernetesSample,
  path: string,
  edits: ObjectEdits,
): Promise<string> {
  const database = openDatabase(memorySource(await sampleFile(sample, 'db')));
  const rows = rowsOf(database);
  const { currentRevision } = buildKeyspace(database);
  const added = Object.entries(edits).map(([name, edit], index) => {
    const main = currentRevision + BigInt(index) + 1n;
    const key = utf8(`/registry/${name}`);
    if (edit === undefined)
      return { key: encodeRevision({ main, sub: 0n, tombstone: true }), value: encodeTombstone(key) };
    const value = edit instanceof Uint8Array ? edit : utf8(JSON.stringify(edit));
    const facts = { createRevision: main, modRevision: main, version: 1n, lease: 0n };
    return {
      key: encodeRevision({ main, sub: 0n, tombstone: false }),
      value: encodeKeyValue({ key, value, ...facts }),
    };
  });
  await writeFile(path, snapshotBytes({ ...rows, key: [...rows['key']!, ...added] }), { mode: 0o600 });
  return path;
}
