import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openFileSource, operationContext, runToEnd } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { objectImpact } from '../../objects/impact/index.ts';
import { clusterFactsSteps } from '../revisions/index.ts';
import { type ObjectEdits, writeEditedSample } from '../../../../test/support/edit-objects.ts';
import { unpackSample } from '../../../../test/support/kubernetes-samples.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { foreseeImpact, type RecoveryImpact } from './index.ts';

const dir = await tempDir('foresee-impact');
after(async () => {
  await dir[Symbol.asyncDispose]();
});
const shop = await unpackSample('shop-3.6', dir.path);
const edited = await unpackSample('shop-edited-3.6', dir.path);

async function foresee(snapshot: string, old: string): Promise<RecoveryImpact> {
  using snapshotFile = openFileSource(snapshot);
  using oldFile = openFileSource(old);
  const prefix = '/registry';
  const { noted } = runToEnd(clusterFactsSteps(openDatabase(snapshotFile), prefix));
  const store = openDatabase(oldFile);
  const ofOld = runToEnd(clusterFactsSteps(store, prefix));
  return await foreseeImpact(
    { path: snapshot, noted, storagePrefix: prefix },
    { noted: ofOld.noted, store },
    operationContext(),
  );
}

async function inFull(snapshot: string, old: string): Promise<RecoveryImpact> {
  const { counts, risks } = await objectImpact(
    { recovered: { source: snapshot }, present: { source: old } },
    operationContext(),
  );
  const { vanish, change, unread } = counts;
  const high = risks
    .filter(({ risk }) => risk === 'high')
    .map(({ id, title, objects }) => ({ id, title, count: objects.length }));
  return { counts: { vanish, return: counts.return, change, unread }, high };
}

test('what is foreseen from the keys is what a look at every object finds', async () => {
  for (const [snapshot, old] of [
    [shop, edited],
    [edited, shop],
    [shop, shop],
  ] as const)
    assert.deepEqual(await foresee(snapshot, old), await inFull(snapshot, old));
  assert.deepEqual((await foresee(edited, shop)).counts, { vanish: 119, return: 6, change: 15, unread: 0 });
});

test('high risks, also those that rest on objects that stay the same', async () => {
  const volume = (name: string) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { persistentVolumeReclaimPolicy: 'Retain' },
  });
  const hook = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'guard' },
    webhooks: [{ name: 'guard.example.com', clientConfig: { service: { namespace: 'shop', name: 'none' } } }],
  };
  const then: ObjectEdits = { 'mutatingwebhookconfigurations/guard': hook };
  const snapshot = await writeEditedSample('shop-3.6', join(dir.path, 'then.db'), then);
  const old = await writeEditedSample('shop-3.6', join(dir.path, 'now.db'), {
    ...then,
    'persistentvolumes/young-1': volume('young-1'),
    'persistentvolumes/young-2': volume('young-2'),
  });
  const impact = await foresee(snapshot, old);
  assert.deepEqual(impact, await inFull(snapshot, old));
  assert.deepEqual(
    impact.high.map(({ id, count }) => [id, count]),
    [
      ['volume-orphaned', 2],
      ['webhook-blocks', 1],
    ],
  );
});

test('what is encrypted is counted, and not looked into', async () => {
  const mixed = await unpackSample('enc-mixed-3.6', dir.path);
  const { counts, high } = await foresee(mixed, shop);
  assert.deepEqual([counts.unread, high], [105, []]);
});
