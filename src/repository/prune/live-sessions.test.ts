import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { thisProcess } from '../open/index.ts';
import { isProcessGone } from './live-sessions.ts';

const statement = { ...thisProcess(), since: '2026-11-23T00:00:00.000Z', purpose: 'backup' } as const;
const deadPid = spawnSync('true').pid;

test('a process is known to be gone by who could see it', () => {
  assert.equal(isProcessGone(statement), false);
  assert.equal(isProcessGone({ ...statement, processId: deadPid }), true);
  assert.equal(isProcessGone({ ...statement, processId: deadPid, host: `${statement.host}-2` }), false);
  assert.equal(isProcessGone({ ...statement, processId: deadPid, boot: 'another' }), false);
});

test('a container with the name of its host says nothing of the host’s processes, and they nothing of its', () => {
  const namespace = readlinkSync('/proc/self/ns/pid');
  assert.ok(statement.boot.endsWith(namespace), statement.boot);
  const boot = statement.boot.replace(namespace, 'pid:[1]');
  assert.equal(isProcessGone({ ...statement, processId: deadPid, boot }), false);
});
