import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError, operationContext } from '../../base/index.ts';
import { KeySet, Uint64Column } from '../../formats/mvcc/index.ts';
import { foresee } from './foresee.ts';
import type { HostFacts, RecoveryHost } from './host/index.ts';

const impact = { counts: { vanish: 1, return: 2, change: 3, unread: 0 }, high: [] };
const content = { kubeSystemUid: 'a' };
const facts = (dataDir: object | undefined) => ({ dataDir }) as HostFacts;
const host = (name: string, answer: () => unknown) =>
  ({ name, foresee: () => Promise.resolve().then(answer) }) as unknown as RecoveryHost;
const snapshotOf = (kubeSystemUid: string | undefined) => ({
  path: 'snapshot.db',
  noted: { keys: new KeySet(), revisions: new Uint64Column() },
  storagePrefix: '/registry',
  kubeSystemUid,
});

const ask = (hosts: readonly RecoveryHost[], known: readonly HostFacts[], uid: string | undefined = 'a') =>
  foresee(hosts, known, snapshotOf(uid), operationContext());

test('the first host whose old data can be read is asked', async () => {
  const hosts = [host('cp1', () => assert.fail('it has none')), host('cp2', () => impact)];
  const known = [facts({ content: { problem: 'cut short' } }), facts({ content })];
  assert.deepEqual(await ask(hosts, known), { ...impact, host: 'cp2' });
  assert.deepEqual(await ask(hosts, known, undefined), { ...impact, host: 'cp2' });
});

test('where there is nothing to compare with, that is said', async () => {
  const hosts = [host('cp1', () => assert.fail('not asked'))];
  const none = { problem: 'there is no old data that can be read' };
  assert.deepEqual(await ask(hosts, [facts(undefined)]), none);
  assert.deepEqual(await ask(hosts, [facts({ content: { problem: 'cut short' } })]), none);
  const other = await ask(hosts, [facts({ content })], 'b');
  assert.deepEqual(other, { problem: 'the old data is that of another cluster' });
});

test('nothing that goes wrong keeps anybody from recovering, but a wish to stop does', async () => {
  const failing = (error: Error) =>
    ask(
      [
        host('cp1', () => {
          throw error;
        }),
      ],
      [facts({ content })],
    );
  assert.deepEqual(await failing(new TypeError('no such field')), { problem: 'no such field' });
  const damaged = new HoldfastError('DATABASE_CORRUPT', 'page 7 is damaged');
  assert.deepEqual(await failing(damaged), { problem: 'page 7 is damaged' });
  await assert.rejects(failing(new HoldfastError('INTERRUPTED', 'stopped')), { code: 'INTERRUPTED' });
});
