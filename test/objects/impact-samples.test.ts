/** The impact between snapshots of a real cluster, beside the record of what differs; from files and from a live etcd. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { type ObjectImpact, objectImpact } from '../../src/operations/objects/impact/index.ts';
import { restoreSnapshot } from '../../src/operations/restore/index.ts';
import { requirePeer } from '../peers/index.ts';
import { clientOptions } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { sampleFile, unpackSample } from '../support/kubernetes-samples.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = await tempDir('impact-samples');
after(async () => {
  await dir[Symbol.asyncDispose]();
});
const shop = await unpackSample('shop-3.6', dir.path);
const edited = await unpackSample('shop-edited-3.6', dir.path);

const impactOf = (recovered: string, present: string, more: object = {}) =>
  objectImpact(
    { recovered: { source: recovered, ...more }, present: { source: present, ...more } },
    operationContext(),
  );

const summary = ({ risks }: ObjectImpact) =>
  risks.map(({ risk, id, objects }) => `${risk} ${id} ${objects.length}`);

/** As `objects diff` has it from the record of the differences. */
const differences = { unchanged: 1994, onlyNoise: 149, unread: 0 };
const goingBack = {
  counts: { vanish: 6, return: 119, change: 15, ...differences },
  risks: [
    'medium access-returns 2',
    'medium job-repeats 3',
    'low objects-vanish 6',
    'info objects-return 119',
    'info objects-change 15',
  ],
};

test('back to before a namespace was deleted', async () => {
  const impact = await impactOf(shop, edited);
  assert.deepEqual(impact.counts, goingBack.counts);
  assert.deepEqual(summary(impact), goingBack.risks);
  const [most] = impact.byResource;
  assert.deepEqual(most, { resource: 'invoices.billing.example.com', vanish: 0, return: 30, change: 5 });
  const sum = (what: 'vanish' | 'return' | 'change') =>
    impact.byResource.reduce((total, each) => total + each[what], 0);
  assert.deepEqual([sum('vanish'), sum('return'), sum('change')], [6, 119, 15]);
});

test('the other way round', async () => {
  const impact = await impactOf(edited, shop);
  assert.deepEqual(impact.counts, { vanish: 119, return: 6, change: 15, ...differences });
  assert.deepEqual(summary(impact), [
    'medium claim-vanishes 1',
    'medium access-returns 1',
    'medium load-balancer-orphaned 1',
    'low objects-vanish 119',
    'info objects-return 6',
    'info objects-change 15',
  ]);
  assert.deepEqual(impact.risks[0]?.objects, [
    {
      resource: 'persistentvolumeclaims',
      namespace: 'staging',
      name: 'scratch',
      note: 'volume pv-001, released in the snapshot, of staging/scratch',
    },
  ]);
});

test('a cluster beside itself has no risk', async () => {
  const { counts, risks } = await impactOf(shop, shop);
  assert.deepEqual(counts, { vanish: 0, return: 0, change: 0, unchanged: 2266, onlyNoise: 0, unread: 0 });
  assert.deepEqual(risks, []);
});

test('from a live etcd, the same is found', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  const dataDir = join(dir.path, 'data');
  await restoreSnapshot({ snapshotPath: edited, dataDir, name: 'default' }, operationContext());
  await using server = await startEtcd({ peer, dataDir });
  await server.ready();
  const impact = await objectImpact(
    { recovered: { source: shop }, present: { source: { live: clientOptions(server) } } },
    operationContext(),
  );
  assert.deepEqual([impact.counts, summary(impact)], [goingBack.counts, goingBack.risks]);
});

test('of encrypted objects, those count whose key the API server does not have', async () => {
  const mixed = await unpackSample('enc-mixed-3.6', dir.path);
  const text = Buffer.from(await sampleFile('enc-mixed-3.6', 'encryption.yaml')).toString();
  const whole = join(dir.path, 'whole.yaml');
  await writeFile(whole, text);
  const readable = await impactOf(mixed, shop, { encryptionConfigFile: whole });
  assert.equal(readable.counts.unread, 0);
  assert.ok(!readable.risks.some(({ id }) => id.startsWith('encryption')));
  const otherKey = Buffer.alloc(32, 7).toString('base64');
  const wrong = join(dir.path, 'wrong.yaml');
  await writeFile(wrong, text.replace(/secret: (\S+)/g, `secret: ${otherKey}`));
  const unreadable = await impactOf(mixed, shop, { encryptionConfigFile: wrong });
  const missing = unreadable.risks.find(({ id }) => id === 'encryption-key-missing');
  assert.deepEqual([missing?.risk, missing?.objects.length, unreadable.counts.unread], ['high', 105, 105]);
  const wanted = new Set(missing?.objects.map(({ note }) => note));
  assert.deepEqual([...wanted].toSorted(), [
    'wants aescbc v1, key "key1"',
    'wants aesgcm v1, key "keyg"',
    'wants secretbox v1, key "key2"',
  ]);
});
