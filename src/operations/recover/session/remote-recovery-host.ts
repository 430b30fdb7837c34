import { type Finding, hasCode, type OperationContext, waitUntil } from '../../../base/index.ts';
import type { SshHost } from '../../../hosts/index.ts';
import type { HostFacts, RecoveryHost, ResumedRecovery } from '../host/index.ts';
import { receivedSnapshotPath } from '../../recovery-state/index.ts';
import type { RecoveryOutcome } from '../journal/index.ts';
import type { SessionMethod } from './protocol.ts';
import { openSessionClient, type SessionClient } from './session-client.ts';

export interface RemoteRecoveryOptions {
  readonly ssh: SshHost;
  /** How the host is called in messages. */
  readonly host: string;
  /** The program on the host with its arguments; it serves a session. */
  readonly argv: readonly string[];
  readonly version: string;
}

/**
 * A host that answers over ssh, through this program running there. A connection that is lost is made again when the
 * next request comes; the recovery that was under way is taken up from its journal.
 */
export function openRemoteRecoveryHost(options: RemoteRecoveryOptions, ctx: OperationContext): RecoveryHost {
  const { ssh, host } = options;
  const connection = new Connection(options, ctx);
  const call = connection.call.bind(connection);
  return {
    name: host,
    inspect: () => call('inspect', []) as Promise<HostFacts>,
    preflight: (plan, hostIndex) => call('preflight', [plan, hostIndex]) as Promise<Finding[]>,
    foresee: () => Promise.resolve({ problem: 'the old data is on another host than the snapshot' }),
    async begin(plan, hostIndex) {
      const { path, sha256 } = plan.snapshot;
      const remotePath = receivedSnapshotPath(sha256);
      const { placed } = await ssh.placeFile(path, remotePath, { mode: 0o600, sha256, signal: ctx.signal });
      ctx.log.info(placed ? 'sent the snapshot' : 'the snapshot is there already', { host, sha256 });
      await call('begin', [plan, hostIndex]);
      connection.hasJournal = true;
    },
    async resume() {
      const resumed = await connection.resume(ctx.signal);
      connection.hasJournal = resumed !== undefined;
      return resumed;
    },
    outcomeOf: (id) => call('outcomeOf', [id]) as Promise<RecoveryOutcome | undefined>,
    async run(phase, signal) {
      await call('run', [phase], signal);
    },
    async rollBack(phase, reason) {
      await connection.attach();
      await call('rollBack', [phase, reason]);
    },
    fact: (name) => call('fact', [name]),
    async finish(outcome) {
      await connection.attach();
      await call('finish', [outcome]);
      connection.hasJournal = false;
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** A session whose coordinator is gone stops at once what it is at, but finishes what it undoes. */
const letGoTimeoutMs = 30_000;

/** The session with a host, and whether a journal has been opened through it. */
class Connection {
  hasJournal = false;
  #client: SessionClient | undefined;
  readonly #options: RemoteRecoveryOptions;
  readonly #ctx: OperationContext;

  constructor(options: RemoteRecoveryOptions, ctx: OperationContext) {
    this.#options = options;
    this.#ctx = ctx;
  }

  async call(method: SessionMethod, params: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const { ssh, argv, host, version } = this.#options;
    this.#client ??= openSessionClient(ssh.openSession(argv), host, version, this.#ctx);
    try {
      return await this.#client.call(method, params, signal);
    } catch (error) {
      if (hasCode(error, 'HOST_UNREACHABLE') || hasCode(error, 'HOST_COMMAND_FAILED')) await this.close();
      throw error;
    }
  }

  /** After a lost connection the journal has to be opened again. */
  async attach(): Promise<void> {
    if (this.#client !== undefined || !this.hasJournal) return;
    await this.resume(new AbortController().signal);
  }

  /** Opens the journal there, once the session before has let go of it. Errors: RECOVERY_RUNNING when it does not. */
  async resume(signal: AbortSignal): Promise<ResumedRecovery | undefined> {
    let running: unknown;
    try {
      return await waitUntil(
        `${this.#options.host}: the session before is still at work`,
        async () => {
          try {
            return { done: (await this.call('resume', [])) as ResumedRecovery | undefined };
          } catch (error) {
            if (!hasCode(error, 'RECOVERY_RUNNING')) throw error;
            running = error;
            return { waitingFor: error.message };
          }
        },
        { timeoutMs: letGoTimeoutMs },
        { ...this.#ctx, signal },
      );
    } catch (error) {
      throw hasCode(error, 'TIMEOUT') && running !== undefined ? running : error;
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.[Symbol.asyncDispose]();
  }
}
