/**
 * Lists the keys of a snapshot as they were at a revision, without any server.
 *
 *     node examples/list-keys.ts snapshot.db [REVISION]
 */
import { openFileSource } from 'holdfast';
import { openDatabase } from 'holdfast/bbolt';
import { buildKeyspace, decodeKeyValue } from 'holdfast/mvcc';

const [path = 'snapshot.db', revisionText = '0'] = process.argv.slice(2);

using file = openFileSource(path);
const database = openDatabase(file);
const keyspace = buildKeyspace(database);
const revision = keyspace.resolveRevision(BigInt(revisionText));
const rows = database.bucket('key');

console.log(`revision ${revision}, compacted at ${keyspace.compactRevision}`);
for (const { rank, row } of keyspace.liveKeys(revision)) {
  // The index knows where each key's value is; the value itself stays in the file until it is asked for.
  const value = rows?.get(keyspace.rowKey(row));
  if (value === undefined) continue;
  const { modRevision, version } = decodeKeyValue(value);
  const key = Buffer.from(keyspace.key(rank)).toString();
  console.log(`${key}  revision ${modRevision}  version ${version}  ${value.length} bytes`);
}
