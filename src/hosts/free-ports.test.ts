import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { canListen, freePort, freePorts } from './free-ports.ts';

test('a port that somebody listens on is not free', async () => {
  await using server = createServer();
  server.listen({ port: await freePort(), host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  assert.equal(await canListen(port), false);
});

test('a port is given once only, to whichever process asks', {
  skip: process.platform !== 'linux',
}, async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) {
    // What every process asks the kernel for before it gives a port away.
    const other = createServer();
    const refused = once(other, 'error');
    other.listen(`\0holdfast-port-${port}`);
    const [error] = (await refused) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'EADDRINUSE');
    assert.equal(await canListen(port), true, 'it is free all the same');
  }
});
