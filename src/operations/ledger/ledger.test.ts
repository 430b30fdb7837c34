import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../base/index.ts';
import { openLocalHost } from '../../hosts/index.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { ledgerPath, noteRevision, readLedger } from './ledger.ts';

const ctx = operationContext();
const dataDir = '/var/lib/etcd';

async function hostIn(root: string) {
  await mkdir(join(root, 'var/lib'), { recursive: true });
  return openLocalHost({ root });
}

test('it lies beside the data dir, whatever way that is written', () => {
  assert.equal(ledgerPath('/var/lib/etcd'), '/var/lib/etcd.holdfast-ledger.json');
  assert.equal(ledgerPath('/var/lib/etcd//'), '/var/lib/etcd.holdfast-ledger.json');
});

test('the highest revision never goes down, and the newest entries stay', async () => {
  await using dir = await tempDir('ledger');
  const machine = await hostIn(dir.path);
  assert.equal(await readLedger(machine, dataDir), undefined);
  const high = 2n ** 60n + 1n;
  await noteRevision(machine, dataDir, { revision: 5n, source: 'save' }, ctx);
  await noteRevision(machine, dataDir, { revision: high, source: 'recover', recoveryId: 'r' }, ctx);
  for (let revision = 6n; revision < 66n; revision++)
    await noteRevision(machine, dataDir, { revision, source: 'save' }, ctx);
  const ledger = (await readLedger(machine, dataDir))!;
  assert.equal(ledger.highWater, high, 'past the exact numbers of JSON, and after its entry is gone');
  assert.equal(ledger.entries.length, 50);
  assert.equal(ledger.entries.at(-1)?.revision, 65n);
  assert.ok(!Number.isNaN(Date.parse(ledger.entries.at(-1)!.at)));
  assert.deepEqual(await readdir(join(dir.path, 'var/lib')), ['etcd.holdfast-ledger.json']);
});

test('of several that write at the same time each adds its own, and the highest revision stays', async () => {
  await using dir = await tempDir('ledger');
  const machine = await hostIn(dir.path);
  const revisions = [1n, 2n, 3n, 4n];
  for (let round = 1; round <= 5; round++) {
    await Promise.all(
      revisions.map((revision) => noteRevision(machine, dataDir, { revision, source: 'save' }, ctx)),
    );
    const { highWater, entries } = (await readLedger(machine, dataDir))!;
    assert.equal(highWater, 4n);
    assert.equal(entries.length, round * revisions.length);
  }
  assert.deepEqual(await readdir(join(dir.path, 'var/lib')), ['etcd.holdfast-ledger.json']);
});

for (const [name, text] of Object.entries({
  'cut off': '{"formatVersion":1,"highWater":"5","entr',
  'of a later version': '{"formatVersion":2,"highWater":"5","entries":[]}',
  'without a revision': '{"formatVersion":1,"entries":[]}',
  'with a revision that is none': '{"formatVersion":1,"highWater":"many","entries":[]}',
  'another document': '[]',
  empty: '',
}))
  test(`one that is damaged is told, and not written over: ${name}`, async () => {
    await using dir = await tempDir('ledger');
    const machine = await hostIn(dir.path);
    const path = join(dir.path, ledgerPath(dataDir));
    await writeFile(path, text);
    await assert.rejects(readLedger(machine, dataDir), { code: 'LEDGER_DAMAGED' });
    await assert.rejects(noteRevision(machine, dataDir, { revision: 7n, source: 'save' }, ctx), {
      code: 'LEDGER_DAMAGED',
    });
    assert.equal(await readFile(path, 'utf8'), text);
  });
