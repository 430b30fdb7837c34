import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { errnoOf } from '../base/index.ts';

/** Below the range from which the kernel takes the ports of outgoing connections: those would come between, too. */
const firstPort = 12_000;
const lastPort = 32_000;

/**
 * Ports of the loopback address that nobody listens on now, and that no other call of this function gives to anybody
 * until this process ends: what is bound a while later, or stopped and started again, finds its port free. Whoever binds
 * one must still be ready for a refusal.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempts = 0; ports.size < count; attempts++) {
    if (attempts > 1000) throw new Error('no free ports on the loopback address');
    const port = randomInt(firstPort, lastPort);
    if (await takeIfFree(port)) ports.add(port);
  }
  return [...ports];
}

async function takeIfFree(port: number): Promise<boolean> {
  const claim = await claimPort(port);
  if (claim === 'taken') return false;
  if (await canListen(port)) return true;
  claim?.close();
  return false;
}

/**
 * A claim is a socket with a name of its own outside the file system, which the kernel takes back when the process ends,
 * however it ends. Other systems than Linux have no such names: there the random choice has to do.
 */
function claimPort(port: number): Promise<Server | 'taken' | undefined> {
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.once('error', (error) => resolve(errnoOf(error) === 'EADDRINUSE' ? 'taken' : undefined));
    server.listen(`\0holdfast-port-${port}`, () => resolve(server));
  });
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
