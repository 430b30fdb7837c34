import type { Logger } from '../base/index.ts';
import { keepTail } from './capped-output.ts';
import type { CommandEnd, CommandOptions, CommandResult } from './command.ts';
import { placeFile, type PlaceFileOptions } from './place-file.ts';
import { defaultMaxOutputBytes, limitProgram, runProgram } from './run-program.ts';
import { formatSshCommand, type SshTarget } from './ssh-command.ts';
import { hasSshFailed, hostUnreachable } from './ssh-failure.ts';
import { ProgramSession, type SshSession } from './ssh-session.ts';
import { cannotStart, type ProgramExit, readOutput, startProgram } from './started-program.ts';

export interface SshContext {
  /** Ends everything that runs over this host and rejects with INTERRUPTED. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export type StreamOptions = Omit<CommandOptions, 'maxOutputBytes'>;

/**
 * A host reached with the system's ssh: the user's configuration, agent, jump hosts and known hosts apply.
 * Every call is a connection of its own; a user who wants them shared says so in the ssh configuration (ControlMaster).
 *
 * Errors of every call: HOST_UNREACHABLE (ssh itself failed: no connection, no permission, unknown host key, or the
 * connection was lost), HOST_COMMAND_FAILED (this machine has no ssh), USAGE (not a destination), INTERRUPTED.
 * They name the host, and hold the last line of ssh as `details.ssh`.
 */
export interface SshHost extends AsyncDisposable {
  readonly destination: string;
  /**
   * Runs a program there to its end, whatever its exit status. Arguments arrive as they are, whatever is in them.
   * 127 means that there is no such program; 254 may stand for 255, with which ssh reports its own failures.
   * Errors: TIMEOUT.
   */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Starts a program there that lines are exchanged with. Close it. A failure to connect shows in what it does. */
  openSession(argv: readonly string[]): SshSession;
  /**
   * Puts a copy of a local file there, its directory made when missing. It is written under a temporary name, flushed,
   * and gets its name only when its SHA-256 is right. A file with that digest that is there already only gets the mode.
   * Errors: FILE_NOT_FOUND and the like (the local file), TRANSFER_CORRUPT, DISK_FULL, HOST_COMMAND_FAILED.
   */
  placeFile(
    localPath: string,
    remotePath: string,
    options: PlaceFileOptions,
  ): Promise<{ readonly placed: boolean }>;
  /**
   * Runs a program there and hands on its stdout, to keep; the next piece is read when the promise for the last is
   * kept. What `onChunk` throws ends the program. Errors: TIMEOUT.
   */
  stream(
    argv: readonly string[],
    onChunk: (chunk: Uint8Array) => void | Promise<void>,
    options?: StreamOptions,
  ): Promise<CommandEnd>;
}

/** A host to be reached over ssh. Connects when it is first used. Disposing it ends what still runs over it. */
export function openSshHost(target: SshTarget, ctx: SshContext): SshHost {
  return new SystemSshHost(target, ctx);
}

class SystemSshHost implements SshHost {
  readonly destination: string;
  readonly #target: SshTarget;
  readonly #ctx: SshContext;
  readonly #sshProgram: string;
  readonly #closing = new AbortController();
  readonly #sessions = new Set<SshSession>();

  constructor(target: SshTarget, ctx: SshContext) {
    this.destination = target.destination;
    this.#target = target;
    this.#ctx = ctx;
    this.#sshProgram = target.sshProgram ?? 'ssh';
  }

  async run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const command = this.#commandFor(argv);
    const { startError, ...result } = await runProgram(command, this.#nameOf(argv), {
      ...options,
      signal: this.#signalWith(options.signal),
    });
    this.#throwIfFailed({ ...result, ...(startError === undefined ? {} : { startError }) }, result);
    return result;
  }

  openSession(argv: readonly string[]): SshSession {
    return this.open(argv, argv[0] ?? '');
  }

  placeFile(
    localPath: string,
    remotePath: string,
    options: PlaceFileOptions,
  ): Promise<{ readonly placed: boolean }> {
    return placeFile(this, [localPath, remotePath], options);
  }

  async stream(
    argv: readonly string[],
    onChunk: (chunk: Uint8Array) => void | Promise<void>,
    options: StreamOptions = {},
  ): Promise<CommandEnd> {
    const program = startProgram(this.#commandFor(argv));
    const signal = this.#signalWith(options.signal);
    using limits = limitProgram(program, this.#nameOf(argv), { ...options, signal });
    const stderr = keepTail(defaultMaxOutputBytes);
    program.stderr.on('data', (chunk: Uint8Array) => stderr.add(chunk));
    program.stdin.end(options.stdin ?? '');
    try {
      for await (const chunk of readOutput(program.stdout)) await onChunk(chunk);
    } catch (error) {
      program.stop();
      program.stdout.destroy();
      throw error;
    }
    const exit = await program.closed;
    limits.throwIfReached();
    const end = { exitCode: exit.exitCode, signal: exit.signal, stderr: stderr.text() };
    this.#throwIfFailed(exit, end);
    return end;
  }

  /** Starts a program there. */
  open(argv: readonly string[], programName: string, signal?: AbortSignal): ProgramSession {
    const session = new ProgramSession(startProgram(this.#commandFor(argv)), {
      host: this.destination,
      programName,
      signal: this.#signalWith(signal),
      sshProgram: this.#sshProgram,
    });
    this.#sessions.add(session);
    void session.done.then(() => this.#sessions.delete(session));
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
  }

  #commandFor(argv: readonly string[]): string[] {
    const command = formatSshCommand(this.#target, argv);
    // Not the arguments: nobody knows what is in them.
    this.#ctx.log.debug('ssh', { host: this.destination, program: argv[0] });
    return command;
  }

  #nameOf(argv: readonly string[]): string {
    return `${this.destination}: ${argv[0] ?? ''}`;
  }

  #signalWith(signal: AbortSignal | undefined): AbortSignal {
    const own = [this.#ctx.signal, this.#closing.signal];
    return AbortSignal.any(signal === undefined ? own : [...own, signal]);
  }

  #throwIfFailed(exit: ProgramExit, end: CommandEnd): void {
    if (exit.startError !== undefined) throw cannotStart(this.#sshProgram, exit.startError);
    if (hasSshFailed(exit)) throw hostUnreachable(this.destination, end);
  }
}
