import { join } from 'node:path';
import { HoldfastError, isHoldfastError, type OperationContext, waitUntil } from '../../../base/index.ts';
import { type EtcdClientOptions, openEtcdClient } from '../../../etcd/index.ts';
import { canListen, freePorts, type RunningService, startService } from '../../../hosts/index.ts';
import type { BootedEtcd } from './booted-etcd.ts';
import { lastWords } from './last-words.ts';
import { programEnvironment } from './required-program.ts';
import type { SandboxPki } from './sandbox-pki.ts';
import type { StagedData } from './stage-data.ts';

export interface BootOptions {
  readonly program: string;
  readonly staged: StagedData;
  readonly sandbox: string;
  readonly pki: SandboxPki;
  readonly sizeBytes: number;
  readonly waitTimeoutMs: number;
}

const portAttempts = 5;

/**
 * Starts an etcd on staged data and resolves with its first answer to a linearizable read.
 * Errors: ETCD_UNREACHABLE (it ended, with its last words), TIMEOUT, HOST_COMMAND_FAILED, INTERRUPTED.
 */
export async function bootEtcdProgram(options: BootOptions, ctx: OperationContext): Promise<BootedEtcd> {
  const member = new EtcdProgram(options, ctx);
  try {
    await member.start();
    return member;
  } catch (error) {
    await member[Symbol.asyncDispose]();
    throw error;
  }
}

class EtcdProgram implements BootedEtcd {
  readonly kind = 'etcd';
  readonly #options: BootOptions;
  readonly #ctx: OperationContext;
  readonly #logFile: string;
  #port = 0;
  #peerPort = 0;
  #isFirstStart = true;
  #service: RunningService | undefined;

  constructor(options: BootOptions, ctx: OperationContext) {
    this.#options = options;
    this.#ctx = ctx;
    this.#logFile = join(options.sandbox, 'etcd.log');
  }

  get clientUrl(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get client(): EtcdClientOptions {
    const { pki, waitTimeoutMs } = this.#options;
    const { caPem, certPem, keyPem } = pki;
    return {
      endpoints: [this.clientUrl],
      tls: { caPem, certPem, keyPem },
      commandTimeoutMs: waitTimeoutMs,
      signal: this.#ctx.signal,
    };
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      [this.#port = 0, this.#peerPort = 0] = await freePorts(2);
      this.#service = await startService(this.#argv(), {
        logFile: this.#logFile,
        cwd: this.#options.sandbox,
        env: { ...programEnvironment, HOME: this.#options.sandbox },
      });
      try {
        await this.#firstAnswer();
        this.#isFirstStart = false;
        return;
      } catch (error) {
        await this.#service.kill();
        // Somebody else took the port meanwhile.
        const isTaken = isHoldfastError(error) && error.message.includes('address already in use');
        if (!isTaken || attempt === portAttempts || (await this.#portsAreFree())) throw error;
      }
    }
  }

  async #portsAreFree(): Promise<boolean> {
    return (await canListen(this.#port)) && (await canListen(this.#peerPort));
  }

  async obituary(): Promise<string | undefined> {
    if (this.#service?.ended === undefined) return undefined;
    return `etcd ended with ${this.#service.ended}: ${await lastWords(this.#logFile)}`;
  }

  async restart(): Promise<void> {
    await this.#service?.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.stop();
  }

  async #firstAnswer(): Promise<void> {
    await waitUntil(
      'etcd does not answer',
      async () => {
        const end = await this.obituary();
        if (end !== undefined)
          throw new HoldfastError('ETCD_UNREACHABLE', end, {
            hint: 'Keep the sandbox with --keep and read etcd.log.',
          });
        return await this.#look();
      },
      { timeoutMs: this.#options.waitTimeoutMs, everyMs: 50 },
      this.#ctx,
    );
  }

  /** A client each time: nothing of a refused connection is kept. */
  async #look(): Promise<{ readonly done: undefined } | { readonly waitingFor: string }> {
    await using client = openEtcdClient(this.client);
    try {
      await client.kv.range({ key: Uint8Array.of(0), countOnly: true }, { timeoutMs: 3000 });
      return { done: undefined };
    } catch (error) {
      if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
      return { waitingFor: error.message };
    }
  }

  #argv(): string[] {
    const { program, staged, pki, sizeBytes } = this.#options;
    const { name, dataDir, peerUrl, leavesOthers } = staged;
    // Of the default quota of 2 GiB a large backup would leave nothing, and etcd would refuse every write.
    const quotaBytes = Math.max(8 * 1024 ** 3, 2 * sizeBytes);
    return [
      program,
      ...['--name', name],
      ...['--data-dir', dataDir],
      ...['--listen-client-urls', this.clientUrl],
      ...['--advertise-client-urls', this.clientUrl],
      // Nobody comes there: what is advertised is as it was staged.
      ...['--listen-peer-urls', `https://127.0.0.1:${this.#peerPort}`],
      ...['--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `${name}=${peerUrl}`],
      ...['--quota-backend-bytes', String(quotaBytes)],
      // The oldest would log in another form.
      '--logger=zap',
      `--cert-file=${pki.server.certFile}`,
      `--key-file=${pki.server.keyFile}`,
      `--trusted-ca-file=${pki.caFile}`,
      '--client-cert-auth',
      `--peer-cert-file=${pki.server.certFile}`,
      `--peer-key-file=${pki.server.keyFile}`,
      `--peer-trusted-ca-file=${pki.caFile}`,
      '--peer-client-cert-auth',
      // The other members of the cluster that it was copied from are not here to vote.
      ...(leavesOthers && this.#isFirstStart ? ['--force-new-cluster'] : []),
    ];
  }
}
