/** The history of objects in a snapshot of a real cluster: each revision beside the rows of the file itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayText, hasCode, operationContext } from '../../src/base/index.ts';
import { objectHistory, type ObjectHistory } from '../../src/operations/objects/history/index.ts';
import { readRows } from '../kubernetes-object/sample-objects.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { tempDir } from '../support/temp-dir.ts';

const sample = 'shop-3.6';

async function historyOf(
  object: string,
  more: { namespace?: string; includeSecrets?: boolean } = {},
): Promise<ObjectHistory> {
  await using dir = await tempDir('history');
  const source = await unpackSample(sample, dir.path);
  return await objectHistory({ source, object, ...more }, operationContext());
}

test('each of the forty updates of a config map, what it changed and who made it', async () => {
  const { revisions, key } = await historyOf('cm/app-config-02', { namespace: 'shop' });
  const rows = (await readRows(sample)).filter((row) => displayText(row.key) === key);
  assert.deepEqual(
    revisions.map(({ modRevision, version }) => [modRevision, version]),
    rows.map(({ modRevision, version }) => [modRevision, version]),
  );
  const [oldest, ...updates] = revisions;
  assert.equal(oldest?.change, 'kept');
  assert.equal(updates.length, 40);
  assert.deepEqual(
    updates
      .slice(1)
      .map(({ change, fields, changedBy }) => [change, fields, changedBy.map(({ name }) => name)]),
    Array.from({ length: 39 }, (_, index) => [
      'changed',
      [{ change: 'changed', path: ['data', 'round'], before: `${index + 1}`, after: `${index + 2}` }],
      ['kubectl-patch'],
    ]),
  );
});

test('what was created and deleted twice is found though it is gone', async () => {
  const { revisions } = await historyOf('configmap/shortlived', { namespace: 'shop' });
  assert.deepEqual(
    revisions.map(({ change, changedBy, version }) => [change, changedBy[0]?.name, version]),
    [
      ['created', 'kubectl-create', 1n],
      ['deleted', undefined, 0n],
      ['created', 'kubectl-create', 1n],
      ['deleted', undefined, 0n],
    ],
  );
});

test('texts of a secret are covered unless they are asked for', async () => {
  const covered = await historyOf('secret/db-credentials', { namespace: 'shop' });
  const shown = await historyOf('secret/db-credentials', { namespace: 'shop', includeSecrets: true });
  const texts = Object.values(shown.revisions.at(-1)?.object?.['data'] as Record<string, string>);
  assert.ok(texts.length > 0);
  const printed = JSON.stringify(
    covered.revisions.map(({ object, fields }) => [object?.['data'], fields], bigintText),
  );
  for (const text of texts) assert.ok(!printed.includes(text));
});

const bigintText = (_name: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);

test('what never was there, and words that name no object, are refused', async () => {
  const refused = (object: string, code: 'OBJECT_NOT_FOUND' | 'USAGE' | 'UNKNOWN_RESOURCE') =>
    assert.rejects(historyOf(object), (error) => hasCode(error, code));
  await refused('cm/nobody', 'OBJECT_NOT_FOUND');
  await refused('cm', 'USAGE');
  await refused('cm/a/b', 'USAGE');
  await refused('nothing/a', 'UNKNOWN_RESOURCE');
});
