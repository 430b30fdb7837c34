import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { environment } from '../run-command.ts';

/** What lets this process reach the lab's hosts, whose network it is not in. */
export interface PortRelay extends AsyncDisposable {
  /** A port of the loopback address that leads to a host's; it stays whether or not the host is on. */
  forward(address: string, port: number): Promise<number>;
}

/** What the relaying process is told, along with a listening socket. */
export interface RelayOrder {
  readonly address: string;
  readonly port: number;
}

/**
 * Starts a process behind `prefix`. A socket stays in the network where it was opened: the ones that this process
 * opens and hands over listen here, and the ones that the relay opens lead into the lab.
 */
export async function startPortRelay(prefix: readonly string[]): Promise<PortRelay> {
  const script = join(import.meta.dirname, 'relay-ports.ts');
  const [file, ...words] = [...prefix, process.execPath, script];
  const child = spawn(file, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: environment() });
  await once(child, 'spawn');
  return {
    forward: (address, port) => handOver(child, { address, port }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // It ends by itself when the channel is closed, also by our death.
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function handOver(child: ChildProcess, order: RelayOrder): Promise<number> {
  const server = createServer();
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve, reject) => {
    child.send(order, server, (error) => (error === null ? resolve() : reject(error)));
  });
  server.close();
  return port;
}
