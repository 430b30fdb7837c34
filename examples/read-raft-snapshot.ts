/**
 * Decodes the `.snap` files of a data dir.
 *
 *     node examples/read-raft-snapshot.ts DATA_DIR
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { snapDirectory } from 'holdfast/data-dir';
import { decodeSnapFile, snapNames } from 'holdfast/raft-snapshot';

const [dataDir = 'default.etcd'] = process.argv.slice(2);
const directory = snapDirectory(dataDir);

for (const name of snapNames(readdirSync(directory))) {
  const { metadata, data } = decodeSnapFile(readFileSync(join(directory, name)), name);
  const voters = metadata.confState?.voters.map((id) => id.toString(16)) ?? [];
  console.log(
    `${name}: index ${metadata.index}, term ${metadata.term}, voters ${voters.join(' ')}, ${data.length} bytes`,
  );
}
