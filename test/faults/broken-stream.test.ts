/** A save whose connection to a real etcd breaks, stalls or lies on the way. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import type { RunResult } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type ExpectedFailure, expectFailure, expectJsonFailure } from './expect-failure.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { runHoldfastProcess, startHoldfast } from './holdfast-process.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { expectWholeSnapshot } from './whole-snapshot.ts';

const half = 8 << 20;
const lost: ExpectedFailure = {
  code: 'CONNECTION_LOST',
  message: /the connection to http:\/\/127\.0\.0\.1:\d+ was lost/,
};
const stalled: ExpectedFailure = { code: 'SAVE_STALLED', message: /stalled: no data for 1000 ms$/ };

test('a save', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('broken-stream');
  let server = await startFilledEtcd(dir.path, 2 * half, { peer });
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => server.stop());
  const out = join(dir.path, 'out');
  await mkdir(out);
  const path = join(out, 's.db');
  await writeFile(path, 'old');
  const words = (proxy: Proxy, ...flags: string[]) => [
    ...[`--endpoints=http://127.0.0.1:${proxy.port}`, ...flags],
    ...['snapshot', 'save', path, '--force'],
  ];
  await runHoldfastProcess(['version']);

  async function expectNothingSaved(result: RunResult): Promise<void> {
    assert.equal(result.stdout, '');
    assert.deepEqual(await readdir(out), ['s.db'], 'something was left behind');
    assert.ok(result.tookMs < 25_000, `it took ${result.tookMs} ms, which is near the 30 s of a stall`);
  }

  const faults = [
    { name: 'whose server goes silent', fault: 'hold', passBytes: half, failure: stalled },
    {
      name: 'whose server is silent from the first answer on',
      fault: 'hold',
      passBytes: 200,
      failure: stalled,
    },
    { name: 'whose connection is closed', fault: 'close', passBytes: half, failure: lost },
    { name: 'whose connection is reset', fault: 'reset', passBytes: half, failure: lost },
    {
      name: 'of which a bit is flipped on the way',
      fault: 'damage',
      passBytes: half,
      failure: { code: 'DIGEST_MISMATCH', message: /the received bytes have SHA-256/, hint: /save again/ },
    },
  ] as const;
  for (const { name, fault, passBytes, failure } of faults) {
    await t.test(name, async () => {
      await using proxy = await startProxy({ port: server.ports.client, passBytes, fault });
      // Where it is not the failure, a machine that is too busy for a second must not make it one.
      const flags = failure === stalled ? ['--stall-timeout=1s'] : [];
      const result = await runHoldfastProcess(words(proxy, ...flags));
      // A machine that is busy may make it stall even before that.
      if (failure !== stalled) await proxy.reached;
      expectFailure(result, failure);
      await expectNothingSaved(result);
      const json = await runHoldfastProcess(words(proxy, ...flags, '-w', 'json'));
      expectJsonFailure(json, failure);
      await expectNothingSaved(json);
    });
  }

  await t.test('that takes longer than --command-timeout', async () => {
    await using proxy = await startProxy({ port: server.ports.client, passBytes: half, fault: 'hold' });
    const result = await runHoldfastProcess(words(proxy, '--command-timeout=600ms'));
    expectFailure(result, { code: 'TIMEOUT', message: /not saved within 600 ms$/ });
    await expectNothingSaved(result);
  });

  await t.test('that is slow, but does not stall', async () => {
    await using proxy = await startProxy({ port: server.ports.client, passBytes: half, fault: 'hold' });
    const saving = startHoldfast(words(proxy));
    await proxy.reached;
    proxy.release();
    const result = await saving.ended;
    assert.equal(result.exitCode, 0, result.stderr);
    await expectWholeSnapshot(path);
  });

  await t.test('whose server is killed', async () => {
    await using proxy = await startProxy({ port: server.ports.client, passBytes: half, fault: 'hold' });
    const saving = startHoldfast(words(proxy));
    await proxy.reached;
    await server.kill();
    proxy.release();
    const result = await saving.ended;
    expectFailure(result, lost);
    await expectNothingSaved(result);
    server = await server.restart();
    await server.ready();
    proxy.release();
    const next = await runHoldfastProcess(words(proxy));
    assert.equal(next.exitCode, 0, next.stderr);
    await expectWholeSnapshot(path);
  });
});
