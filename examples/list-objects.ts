/**
 * Lists the Kubernetes objects of a snapshot, and says of which it cannot read the value.
 *
 *     node examples/list-objects.ts snapshot.db [RESOURCE]
 */
import { openFileSource } from 'holdfast';
import { openDatabase } from 'holdfast/bbolt';
import { decodeObjectMetadata, parseStorageKey } from 'holdfast/kubernetes-object';
import { buildKeyspace, decodeKeyValue } from 'holdfast/mvcc';

const [path = 'snapshot.db', wanted] = process.argv.slice(2);

using file = openFileSource(path);
const database = openDatabase(file);
const keyspace = buildKeyspace(database);
const rows = database.bucket('key');

for (const { rank, row } of keyspace.liveKeys(keyspace.currentRevision)) {
  const key = parseStorageKey(keyspace.key(rank));
  if (key === undefined || (wanted !== undefined && key.resource !== wanted)) continue;
  const { value, modRevision } = decodeKeyValue(rows!.get(keyspace.rowKey(row))!);
  // Nothing in a value makes this throw: what cannot be read comes back with the reason.
  const found = decodeObjectMetadata(value, { modRevision });
  const state = found.state === 'decoded' ? `${found.apiVersion} ${found.kind}` : found.state;
  console.log(`${key.resource} ${key.namespace ?? '-'}/${key.name}  ${state}`);
}
