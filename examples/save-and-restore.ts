/**
 * Saves a snapshot of a live etcd, looks at it, checks it, and makes a data dir out of it.
 *
 *     ETCDCTL_ENDPOINTS=127.0.0.1:2379 node examples/save-and-restore.ts DIRECTORY
 */
import { join } from 'node:path';
import { operationContext, restoreSnapshot, saveSnapshot, snapshotStatus, verifySnapshot } from 'holdfast';

const [directory = '.'] = process.argv.slice(2);
const endpoints = (process.env['ETCDCTL_ENDPOINTS'] ?? '127.0.0.1:2379').split(',');
const path = join(directory, 'snapshot.db');

// What an operation takes besides its options: how to stop it, and where it reports to.
const ctx = operationContext({
  signal: AbortSignal.timeout(60_000),
  events: (event) => {
    if (event.type === 'phase-finished') console.log(`${event.phase} took ${Math.round(event.tookMs)} ms`);
  },
});

const saved = await saveSnapshot({ client: { endpoints }, target: { path } }, ctx);
console.log(`saved ${saved.sizeBytes} bytes from ${saved.endpoint}`);

const { revision, totalKeys, version = 'before 3.6' } = await snapshotStatus({ path }, ctx);
console.log(`revision ${revision}, ${totalKeys} keys, storage version ${version}`);

const { checks, ok } = await verifySnapshot({ path }, ctx);
for (const { name, status, summary } of checks) console.log(`${status}  ${name}  ${summary}`);
if (!ok) process.exit(3);

const restored = await restoreSnapshot(
  { snapshotPath: path, dataDir: join(directory, 'restored.etcd') },
  ctx,
);
console.log(`restored member ${restored.memberId.toString(16)} into ${restored.dataDir}`);
