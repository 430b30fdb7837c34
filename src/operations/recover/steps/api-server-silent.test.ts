import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';
import { waitUntilSilent } from './api-server-silent.ts';

test('an API server that no process list shows is waited for by its port', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const work = (waitTimeoutMs: number) =>
    ({
      host: { host: 'cp1', apiServer: { url } },
      plan: { waitTimeoutMs },
      ctx: operationContext(),
    }) as unknown as StepWork;
  await assert.rejects(waitUntilSilent(work(300)), { code: 'TIMEOUT', message: /still answers/ });
  const waiting = waitUntilSilent(work(60_000));
  server.close();
  await waiting;
});
