import { open } from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileSource, type OperationContext } from '../../../base/index.ts';
import type { EtcdClientOptions } from '../../../etcd/index.ts';
import { type EtcdServer, type EtcdStore, listenEtcdServer, openStore } from '../../../etcd/server/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { openDataDirAt } from '../../data-dir-files/index.ts';
import type { BootedEtcd } from './booted-etcd.ts';
import type { BootOptions } from './etcd-program.ts';

/**
 * Serves staged data within this process. It keeps writes in memory, so that it is started again from a snapshot of
 * itself. Errors: those of opening the data.
 */
export async function bootEmbeddedServer(
  options: Omit<BootOptions, 'program'>,
  ctx: OperationContext,
): Promise<BootedEtcd> {
  const member = new EmbeddedServer(options, ctx);
  try {
    await member.start();
    return member;
  } catch (error) {
    await member[Symbol.asyncDispose]();
    throw error;
  }
}

class EmbeddedServer implements BootedEtcd {
  readonly kind = 'embedded';
  readonly #options: Omit<BootOptions, 'program'>;
  readonly #ctx: OperationContext;
  /** Snapshots of itself so far. */
  #generation = 0;
  #files = new DisposableStack();
  #store: EtcdStore | undefined;
  #server: EtcdServer | undefined;

  constructor(options: Omit<BootOptions, 'program'>, ctx: OperationContext) {
    this.#options = options;
    this.#ctx = ctx;
  }

  get clientUrl(): string {
    return this.#server!.url;
  }

  get client(): EtcdClientOptions {
    const { caPem, certPem, keyPem } = this.#options.pki;
    return {
      endpoints: [this.clientUrl],
      tls: { caPem, certPem, keyPem },
      commandTimeoutMs: this.#options.waitTimeoutMs,
      signal: this.#ctx.signal,
    };
  }

  async start(): Promise<void> {
    const { database, store: content } = this.#files.use(
      openDataDirAt({ dataDir: this.#options.staged.dataDir }),
    );
    await this.#serve(await openStore({ database, content, writable: true }, this.#ctx));
  }

  obituary(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async restart(): Promise<void> {
    const path = join(this.#options.sandbox, `embedded-${++this.#generation}.db`);
    await writeSnapshot(this.#store!, path);
    await this[Symbol.asyncDispose]();
    this.#files = new DisposableStack();
    const file = this.#files.use(openFileSource(path));
    await this.#serve(await openStore({ database: openDatabase(file), writable: true }, this.#ctx));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close(0);
    this.#server = undefined;
    this.#files.dispose();
  }

  async #serve(store: EtcdStore): Promise<void> {
    const { server, caFile } = this.#options.pki;
    const [certPem, keyPem, trustedCaPem] = await Promise.all(
      [server.certFile, server.keyFile, caFile].map((path) => readFile(path)),
    );
    const tls = { certPem: certPem!, keyPem: keyPem!, trustedCaPem: trustedCaPem! };
    const { clock, log } = this.#ctx;
    const onFailure = (error: unknown) =>
      log.warn('the embedded server failed', {
        reason: error instanceof Error ? error.message : String(error),
      });
    this.#store = store;
    this.#server = await listenEtcdServer({ store, tls, clock, onFailure });
  }
}

async function writeSnapshot(store: EtcdStore, path: string): Promise<void> {
  const { pieces } = await store.snapshot();
  await using file = await open(path, 'wx', 0o600);
  for await (const piece of pieces) await file.writeFile(piece);
}
