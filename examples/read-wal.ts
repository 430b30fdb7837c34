/**
 * Shows what the write-ahead log of a stopped member holds.
 *
 *     node examples/read-wal.ts DATA_DIR
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openFileSource } from 'holdfast';
import { walDirectory } from 'holdfast/data-dir';
import { entryTypes, readWal, readWalEntry, walSegmentNames } from 'holdfast/wal';

const [dataDir = 'default.etcd'] = process.argv.slice(2);
const directory = walDirectory(dataDir);

using open = new DisposableStack();
const segments = walSegmentNames(readdirSync(directory)).map(({ name }) => ({
  name,
  source: open.use(openFileSource(join(directory, name))),
}));
// Every record's checksum has been verified when this returns.
const { metadata, hardState, snapshots, entries, end } = readWal(segments);

console.log(`member ${metadata.nodeId.toString(16)} of cluster ${metadata.clusterId.toString(16)}`);
console.log(
  `term ${hardState.term}, committed up to ${hardState.commit}, ${snapshots.length} snapshot records`,
);
for (const ref of entries) {
  const { data } = readWalEntry(segments, ref);
  const kind = Object.entries(entryTypes).find(([, type]) => type === ref.type)?.[0] ?? ref.type;
  console.log(`entry ${ref.index}  term ${ref.term}  ${kind}  ${data.length} bytes`);
}
if (end.torn !== undefined) console.log(`the last write was cut off: ${end.torn}`);
