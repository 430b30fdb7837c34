/** `snapshot status` beside the tool of the same release, on files of every kind, in every format. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openFileSource, operationContext, type OperationEvent } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { statusNumbers } from '../../src/formats/mvcc/index.ts';
import { type SnapshotStatus, snapshotStatus } from '../../src/operations/status/index.ts';
import { tableCells } from '../cli/table-cells.ts';
import { etcdutl } from '../support/etcdctl.ts';
import { kubernetesSamples, sampleFile, unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Peer, peerLines, requirePeer } from './index.ts';
import { makeStatusFiles } from './status-files.ts';

/** Times four release lines: twice what is asked for. */
const minimumFiles = 15;

suite('snapshot status, beside the real tools', { concurrency: 2 }, () => {
  for (const line of peerLines) {
    test(`of etcd ${line}`, async (t) => {
      const peer = await requirePeer(t, line);
      const toolOf = await requirePeer(t, '3.6');
      if (peer === undefined || toolOf === undefined) return;
      await using dir = await tempDir('status');
      const started = performance.now();
      const files = await makeStatusFiles(peer, join(dir.path, 'files'), toolOf.bbolt);
      t.diagnostic(`${files.length} files in ${Math.round(performance.now() - started)} ms`);
      assert.ok(files.length >= minimumFiles);
      for (const { name, path } of files) await compareStatus(peer, name, path);
    });
  }
});

test('snapshot status of real control planes is what their own etcd said', async () => {
  await using dir = await tempDir('status');
  for (const sample of kubernetesSamples) {
    const path = await unpackSample(sample, dir.path);
    const ours = await runHoldfast(['snapshot', 'status', '-w', 'json', path]);
    const theirs = Buffer.from(await sampleFile(sample, 'status.json')).toString();
    assert.equal(ours.stdout.trim(), theirs.trim(), sample);
    await compareWays(sample, path);
  }
});

/** The scan takes its fast way through what real programs wrote, and its numbers are those of the plain definition. */
async function compareWays(name: string, path: string): Promise<SnapshotStatus> {
  let passes = 0;
  const events = (event: OperationEvent) => {
    if (event.type === 'phase-started') passes++;
  };
  const status = await snapshotStatus({ path }, operationContext({ events }));
  assert.equal(passes, 1, `${name}: in one pass`);
  using file = openFileSource(path);
  const { hash, revision, allRows, liveKeys } = statusNumbers(openDatabase(file));
  const totalKeys = status.version === undefined ? allRows : liveKeys;
  assert.deepEqual([status.hash, status.revision, status.totalKeys], [hash, revision, totalKeys], name);
  return status;
}

async function compareStatus(peer: Peer, name: string, path: string): Promise<void> {
  const print = (format: string) => etcdutl(peer, ['snapshot', 'status', '-w', format, path]);
  const printed = await Promise.all(['simple', 'json', 'fields', 'table'].map(print));
  const [simple, json, fields, table] = printed;
  const status = await compareWays(name, path);
  assert.deepEqual(status.warnings, [], name);
  const { version, ...numbers } = JSON.parse(json!) as Record<string, unknown>;
  assert.deepEqual(
    {
      hash: status.hash,
      revision: Number(status.revision),
      totalKey: status.totalKeys,
      totalSize: status.totalSizeBytes,
    },
    numbers,
    name,
  );
  assert.equal(status.version, version, name);
  const ours = async (format: string) =>
    (await runHoldfast(['snapshot', 'status', '-w', format, path])).stdout;
  assert.equal(await ours('simple'), simple, name);
  assert.equal(await ours('json'), json, name);
  assert.equal(await ours('fields'), fields, name);
  const ourTable = await ours('table');
  // Borders differ between releases, and between builds of one release.
  if (table!.startsWith('┌')) assert.equal(ourTable, table, name);
  else assert.deepEqual(tableCells(ourTable), tableCells(table!), name);
}
