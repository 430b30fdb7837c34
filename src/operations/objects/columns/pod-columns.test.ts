import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { podColumns } from './pod-columns.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');

/** READY, STATUS and RESTARTS of a pod. */
function shown(pod: JsonObject): readonly string[] {
  const whole = { metadata: { name: 'p', creationTimestamp: '2026-01-01T00:00:00Z' }, ...pod };
  return podColumns.cells(whole, { nowMs, isWide: false }).slice(1, 4);
}

const running = { name: 'a', ready: true, restartCount: 0, state: { running: {} } };

test('a pod that runs, and one that came back', () => {
  const spec = { containers: [{ name: 'a' }] };
  assert.deepEqual(shown({ spec, status: { phase: 'Running', containerStatuses: [running] } }), [
    '1/1',
    'Running',
    '0',
  ]);
  const again = {
    ...running,
    restartCount: 3,
    lastState: { terminated: { finishedAt: '2026-01-01T00:30:00Z' } },
  };
  const status = { phase: 'Running', containerStatuses: [again] };
  assert.deepEqual(shown({ spec, status }), ['1/1', 'Running', '3 (30m ago)']);
});

test('the reason of the first container that has one stands', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }] };
  const waiting = { name: 'a', restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } };
  const ended = { name: 'b', restartCount: 0, state: { terminated: { exitCode: 2 } } };
  const status = { phase: 'Running', containerStatuses: [waiting, ended] };
  assert.deepEqual(shown({ spec, status }), ['0/2', 'CrashLoopBackOff', '1']);
  assert.equal(shown({ spec, status: { phase: 'Running', containerStatuses: [ended] } })[1], 'ExitCode:2');
});

test('init containers, and sidecars among them', () => {
  const spec = {
    initContainers: [{ name: 'side', restartPolicy: 'Always' }, { name: 'init' }],
    containers: [{ name: 'a' }],
  };
  const side = { name: 'side', started: true, ready: true, restartCount: 2, state: { running: {} } };
  const init = { name: 'init', restartCount: 0, state: { running: {} } };
  const initializing = { phase: 'Pending', initContainerStatuses: [side, init] };
  assert.deepEqual(shown({ spec, status: initializing }), ['1/2', 'Init:1/2', '2']);
  const done = { ...init, state: { terminated: { exitCode: 0 } } };
  const status = { phase: 'Running', initContainerStatuses: [side, done], containerStatuses: [running] };
  assert.deepEqual(shown({ spec, status }), ['2/2', 'Running', '2']);
});

test('deleted, evicted, gated', () => {
  const metadata = { name: 'p', deletionTimestamp: '2026-01-01T00:50:00Z' };
  assert.equal(shown({ metadata, status: { phase: 'Running' } })[1], 'Terminating');
  assert.equal(shown({ metadata, status: { phase: 'Succeeded' } })[1], 'Succeeded');
  assert.equal(shown({ metadata, status: { phase: 'Running', reason: 'NodeLost' } })[1], 'Unknown');
  assert.equal(shown({ status: { phase: 'Failed', reason: 'Evicted' } })[1], 'Evicted');
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }];
  assert.equal(shown({ status: { phase: 'Pending', conditions } })[1], 'SchedulingGated');
});

test('a pod without anything has cells all the same', () => {
  assert.deepEqual(shown({}), ['0/0', '', '0']);
});
