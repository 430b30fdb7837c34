import assert from 'node:assert/strict';
import test from 'node:test';
import { type TestEvent, type TestTally, reportTests } from './reporter.ts';

const file = '/repo/src/one.test.ts';

test('a good file is one line, and the tally is alone on the last line', async () => {
  const { text, tally } = await report([
    start('works', 0),
    { type: 'test:pass', data: { name: 'works', nesting: 0, file, details: { type: 'test' } } },
    { type: 'test:stdout', data: { file, message: 'chatter' } },
    { type: 'test:summary', data: { file, duration_ms: 1234 } },
    { type: 'test:summary', data: { duration_ms: 1300 } },
  ]);
  assert.match(text, /^ok {4}src\/one\.test\.ts +1\.2 s {2}1 passed, 0 failed\n\n1 passed, 0 failed\n$/);
  assert.deepEqual(tally, { passed: 1, failed: 0, skipped: 0 });
});

test('a failure is told in full once, under the whole name, with what the file printed', async () => {
  const cause = new assert.AssertionError({ actual: 1, expected: 2, operator: 'strictEqual' });
  const { text, tally } = await report([
    start('parent', 0),
    start('child', 1),
    { type: 'test:fail', data: { name: 'child', nesting: 1, file, details: { error: { cause } } } },
    {
      type: 'test:fail',
      data: { name: 'parent', nesting: 0, file, details: { error: { failureType: 'subtestsFailed' } } },
    },
    { type: 'test:stderr', data: { file, message: 'chatter\n' } },
    { type: 'test:summary', data: { file, duration_ms: 1 } },
  ]);
  assert.match(text, /^FAIL {2}src\/one\.test\.ts/);
  assert.match(text, /parent > child\n[^]*1 !== 2/);
  assert.match(text, /printed:\n +chatter/);
  assert.match(text, /\nfailed:\n {2}src\/one\.test\.ts: parent > child\n\n0 passed, 1 failed\n$/);
  assert.equal(tally.failed, 1);
});

test('a test from another module counts for the file that ran it', async () => {
  const shared = { file: '/repo/src/shared.ts', entryFile: file };
  const { text } = await report([
    { type: 'test:start', data: { name: 'works', nesting: 0, ...shared } },
    { type: 'test:pass', data: { name: 'works', nesting: 0, ...shared } },
    { type: 'test:diagnostic', data: { message: 'seed 1', ...shared } },
    { type: 'test:summary', data: { file, duration_ms: 1 } },
  ]);
  assert.match(text, /^ok {4}src\/one\.test\.ts +0\.0 s {2}1 passed, 0 failed\n\n1 passed, 0 failed\n$/);
});

test('a skip says why, and a suite does not count as a test', async () => {
  const { text } = await report([
    start('suite', 0),
    start('later', 1),
    { type: 'test:pass', data: { name: 'later', nesting: 1, file, skip: 'no network' } },
    { type: 'test:pass', data: { name: 'suite', nesting: 0, file, details: { type: 'suite' } } },
    { type: 'test:summary', data: { file, duration_ms: 1 } },
  ]);
  assert.match(text, /skipped: suite > later: no network\n/);
  assert.match(text, /\n0 passed, 0 failed, 1 skipped\n$/);
});

test('a file that dies without a summary still counts', async () => {
  const { text } = await report([
    {
      type: 'test:fail',
      data: { name: file, nesting: 0, file, details: { error: { cause: 'test failed' } } },
    },
  ]);
  assert.match(text, /^FAIL/);
  assert.match(text, /\n0 passed, 1 failed\n$/);
});

function start(name: string, nesting: number): TestEvent {
  return { type: 'test:start', data: { name, nesting, file } };
}

async function report(events: readonly TestEvent[]): Promise<{ text: string; tally: TestTally }> {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  let text = '';
  for await (const part of reportTests(ReadableStream.from(events), tally, '/repo')) text += part;
  return { text, tally };
}
