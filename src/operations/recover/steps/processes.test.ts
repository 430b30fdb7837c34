import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
import type { HostProcess } from '../../../hosts/index.ts';
import type { PlannedManifest } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';
import { waitUntilGone } from './processes.ts';

test('a pod that crashes has to stay away for a while before it counts as gone', async () => {
  const running = { pid: 7, argv: ['etcd', '--name=a'] } as unknown as HostProcess;
  const manifest = {
    role: 'etcd',
    process: { program: 'etcd', args: ['--name=a'] },
  } as unknown as PlannedManifest;
  // Between two crashes, started once more, then gone.
  const looks = [[], [], [running], [running]];
  let lastLooks = 0;
  let nowMs = 0;
  const work = {
    host: { host: 'cp1' },
    plan: { waitTimeoutMs: 60_000 },
    machine: {
      processes() {
        nowMs += 1000;
        const look = looks.shift();
        if (look === undefined) lastLooks++;
        return Promise.resolve(look ?? []);
      },
    },
    ctx: operationContext({ clock: { now: () => nowMs, monotonicMs: () => nowMs } }),
  } as unknown as StepWork;
  await waitUntilGone(work, [manifest], 5000);
  assert.equal(looks.length, 0);
  assert.equal(lastLooks, 6);
});
