/** A TCP proxy before a server, to do at a sure moment what networks do at any. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ProxyOptions {
  readonly port: number;
  /** How many bytes of a connection pass, from the server to the client, before the fault. */
  readonly passBytes: number;
  /**
   * `hold`: nothing more passes, until `release`. `close`, `reset`: both connections end so.
   * `damage`: one bit of a value is flipped, everything else passes.
   */
  readonly fault: 'hold' | 'close' | 'reset' | 'damage';
}

export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Resolves when so many bytes have passed on some connection. */
  readonly reached: Promise<void>;
  /** Lets the rest pass, on this and on later connections. */
  release(): void;
}

/** Starts a proxy on the loopback address. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port: options.port, host: '127.0.0.1' });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => other.end());
    }
    client.pipe(upstream);
    new Downstream(options, client, upstream, () => reach(undefined), released).start();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reached: reached as Promise<unknown> as Promise<void>,
    release: () => release(undefined),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The way from the server to the client. */
class Downstream {
  readonly #options: ProxyOptions;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #reach: () => void;
  readonly #released: Promise<undefined>;
  #passedBytes = 0;

  constructor(
    options: ProxyOptions,
    client: Socket,
    upstream: Socket,
    reach: () => void,
    released: Promise<undefined>,
  ) {
    this.#options = options;
    this.#client = client;
    this.#upstream = upstream;
    this.#reach = reach;
    this.#released = released;
  }

  start(): void {
    const onData = (chunk: Buffer) => {
      const leftBytes = this.#options.passBytes - this.#passedBytes;
      this.#passedBytes += chunk.length;
      if (chunk.length < leftBytes) {
        this.#pass(chunk);
        return;
      }
      const rest = this.#fault(chunk, leftBytes);
      if (rest === undefined) return;
      this.#upstream.off('data', onData);
      this.#pass(rest);
      this.#upstream.pipe(this.#client);
    };
    this.#upstream.on('data', onData);
  }

  #pass(bytes: Uint8Array): void {
    if (this.#client.write(bytes)) return;
    this.#upstream.pause();
    this.#client.once('drain', () => this.#upstream.resume());
  }

  /** Returns what is to pass before everything else does; undefined when nothing is. */
  #fault(chunk: Buffer, leftBytes: number): Uint8Array | undefined {
    const { fault } = this.#options;
    if (fault === 'damage') return this.#damage(chunk, leftBytes);
    this.#client.write(chunk.subarray(0, leftBytes));
    this.#reach();
    if (fault === 'reset') this.#client.resetAndDestroy();
    else if (fault === 'close') this.#client.end();
    else this.#hold(chunk.subarray(leftBytes));
    if (fault !== 'hold') this.#upstream.destroy();
    return undefined;
  }

  #hold(rest: Uint8Array): void {
    this.#upstream.removeAllListeners('data').pause();
    void this.#released.then(() => {
      this.#client.write(rest);
      this.#upstream.pipe(this.#client);
    });
  }

  /** The values of the test are runs of one text: inside one, no frame begins. */
  #damage(chunk: Buffer, leftBytes: number): Uint8Array | undefined {
    const at = chunk.indexOf('large-', Math.max(0, leftBytes));
    if (at === -1) {
      this.#pass(chunk);
      return undefined;
    }
    chunk[at]! ^= 1;
    this.#reach();
    return chunk;
  }
}
