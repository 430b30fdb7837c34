/**
 * Checks the pages of a bbolt database, of etcd or of anybody else, and prints every finding.
 *
 *     node examples/check-structure.ts FILE
 */
import { openFileSource } from 'holdfast';
import { checkDatabase, openDatabase, showName } from 'holdfast/bbolt';

const [path = 'snapshot.db'] = process.argv.slice(2);

using file = openFileSource(path);
const findings = checkDatabase(file);
for (const { severity, code, message } of findings) console.log(`${severity}  ${code}  ${message}`);

if (findings.some(({ severity }) => severity === 'fail')) process.exitCode = 3;
else {
  const database = openDatabase(file);
  for (const bucket of database.buckets()) {
    const rows = [...bucket.entries()].length;
    console.log(`bucket ${showName(bucket.name)}: ${rows} rows`);
  }
}
