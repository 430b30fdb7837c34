import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../errors/index.ts';
import { operationContext, type OperationEvent } from '../progress/index.ts';
import { runPhase, runToEnd, SliceMeter, type Steps } from './steps.ts';

function* countTo(end: number): Steps<string> {
  for (let i = 1; i <= end; i++) yield i * 10;
  return 'done';
}

test('steps run to their result, with or without pauses', async () => {
  assert.equal(runToEnd(countTo(3)), 'done');
  const events: OperationEvent[] = [];
  let turns = 0;
  const ctx = operationContext({
    events: (event) => {
      events.push(event);
      setImmediate(() => turns++);
    },
  });
  assert.equal(await runPhase(countTo(3), ctx, { phase: 'count', totalBytes: 25 }), 'done');
  assert.deepEqual(
    events.map((event) => (event.type === 'phase-progress' ? event.doneBytes : event.type)),
    ['phase-started', 10, 20, 25, 'phase-finished'],
  );
  assert.ok(turns >= 3, 'the event loop ran in between');
});

test('steps stop between two slices when asked to', async () => {
  const controller = new AbortController();
  let reached = 0;
  const steps = (function* (): Steps<void> {
    for (;;) {
      if (++reached === 5) controller.abort();
      yield reached;
    }
  })();
  const ctx = operationContext({ signal: controller.signal });
  await assert.rejects(runPhase(steps, ctx, { phase: 'endless', totalBytes: 1 }), (error) =>
    hasCode(error, 'INTERRUPTED'),
  );
  assert.equal(reached, 5);
});

test('a slice is full after many rows or many bytes', () => {
  const rows = new SliceMeter();
  let full = 0;
  for (let i = 0; i < 50_000; i++) if (rows.count(1)) full++;
  assert.deepEqual([full, rows.doneBytes], [3, 50_000]);
  const bytes = new SliceMeter(2);
  for (let i = 0; i < 64; i++) if (bytes.count(1 << 20)) full++;
  assert.deepEqual([full, bytes.doneBytes], [3 + 8, 32 << 20]);
});
