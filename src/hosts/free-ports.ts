import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range from which the kernel takes the ports of outgoing connections, so that nothing but another call of
 * this function competes for one between our look and its use; the random choice makes even that unlikely.
 */
const firstPort = 12_000;
const lastPort = 32_000;

/** Ports of the loopback address that nobody listens on now. Whoever binds one must still be ready for a refusal. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempts = 0; ports.size < count; attempts++) {
    if (attempts > 1000) throw new Error('no free ports on the loopback address');
    const port = randomInt(firstPort, lastPort);
    if (!ports.has(port) && (await canListen(port))) ports.add(port);
  }
  return [...ports];
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** Whether the loopback address has this port free now. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
