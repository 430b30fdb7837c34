import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { hasCode, isHoldfastError, operationContext, systemClock } from '../../base/index.ts';
import { generateFileKey, initRepository, putResult, type Repository } from '../../repository/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { addSmallBackup } from '../../../test/repository/small-backups.ts';
import { chooseBackup } from './index.ts';

const ctx = operationContext();
const times = ['2026-11-21T23:00:00', '2026-11-22T09:59:59', '2026-11-22T10:00:00', '2026-11-22T10:00:01'];
let repository: Repository;
let ids: readonly string[];

before(async () => {
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  const made: string[] = [];
  for (const [chunk, time] of times.entries()) {
    const now = () => Date.parse(`${time}.700Z`);
    const at = operationContext({ clock: { ...systemClock, now } });
    made.push((await addSmallBackup(repository, [chunk + 1], at)).id);
  }
  ids = made;
});

const chosen = async (text: string) => ids.indexOf((await chooseBackup(repository, text, ctx)).id);

test('an id, its beginning, and the newest', async () => {
  for (const [index, id] of ids.entries()) assert.equal(await chosen(id), index);
  assert.equal(await chosen('20261121'), 0);
  assert.equal(await chosen('20261122-100001'), 3);
  assert.equal(await chosen('latest'), 3);
});

test('a time is the newest backup of that second or before it', async () => {
  const expected: readonly (readonly [string, number])[] = [
    ['2026-11-22T10:00', 2],
    ['2026-11-22T10:00:00Z', 2],
    ['2026-11-22T11:00+01:00', 2],
    ['2026-11-22T09:59:59', 1],
    ['2026-11-22T09:59', 0],
    ['2030-01-01T00:00', 3],
  ];
  for (const [text, index] of expected) assert.equal(await chosen(text), index, text);
  for (const wrong of ['2026-11-22', '2026-13-01T10:00', '2026-11-22T25:00', '2026-11-22 10:00'])
    await assert.rejects(chosen(wrong), (error) => hasCode(error, 'BACKUP_NAME_INVALID'), wrong);
});

test('what is not there names the newest three', async () => {
  for (const text of ['2020-01-01T00:00', '1999', 'no-such', '', 'latest-verified', '20261122'])
    await assert.rejects(chosen(text), (error) => {
      assert.ok(isHoldfastError(error));
      assert.deepEqual([error.code, error.exitStatus], ['BACKUP_NOT_FOUND', 4], text);
      for (const id of ids.slice(1)) assert.ok(error.hint.includes(id), `${text}: ${error.hint}`);
      assert.ok(!error.hint.includes(ids[0]!));
      return true;
    });
});

test('the newest that passed is none whose later result is a failure', async () => {
  const say = (index: number, verdict: 'passed' | 'failed', at: string) => {
    const result = { kind: 'verify', host: 'a', tookMs: 1, checked: [], findings: [], at, verdict } as const;
    return putResult(repository, ids[index]!, result, Date.parse('2026-11-22T12:00:00Z'));
  };
  await say(1, 'passed', '2026-11-22T12:00:00.100Z');
  assert.equal(await chosen('latest-verified'), 1);
  await say(2, 'passed', '2026-11-22T12:00:00.100Z');
  await say(3, 'failed', '2026-11-22T12:00:00.100Z');
  assert.equal(await chosen('latest-verified'), 2);
  // Their names say the same second: what counts is when they were made.
  await say(2, 'failed', '2026-11-22T12:00:00.300Z');
  await say(2, 'passed', '2026-11-22T12:00:00.200Z');
  assert.equal(await chosen('latest-verified'), 1);
});
