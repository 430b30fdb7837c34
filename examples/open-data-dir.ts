/**
 * Opens the data dir of a dead member as a whole: its database and what its log holds beyond it. The hash is the one
 * that the member would answer to `endpoint hashkv`.
 *
 *     node examples/open-data-dir.ts DATA_DIR
 */
import { openDataDirAt } from 'holdfast';
import { hashKv } from 'holdfast/mvcc';

const [dataDir = 'default.etcd'] = process.argv.slice(2);

using member = openDataDirAt({ dataDir });
const { hash, hashRevision, compactRevision } = hashKv(member.store);

console.log(`members: ${member.members.map(({ name }) => name).join(' ')}`);
console.log(`${member.log.appliedCount} entries of the log are not in the database yet`);
console.log(`hash ${hash} at revision ${hashRevision}, compacted at ${compactRevision}`);
