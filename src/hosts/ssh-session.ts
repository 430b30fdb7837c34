import { once } from 'node:events';
import { HoldfastError, utf8 } from '../base/index.ts';
import { keepTail } from './capped-output.ts';
import type { CommandEnd } from './command.ts';
import { LineSplitter } from './line-splitter.ts';
import { limitProgram, type ProgramLimits } from './run-program.ts';
import { hasSshFailed, hostCommandFailed, hostUnreachable } from './ssh-failure.ts';
import { cannotStart, type ProgramExit, readOutput, type StartedProgram } from './started-program.ts';

/** A program on another host that lines go to and come from. */
export interface SshSession extends AsyncDisposable {
  /**
   * Sends one line, given without its end. Kept when there is room for more.
   * Errors: HOST_UNREACHABLE, HOST_COMMAND_FAILED (the program has ended), INTERRUPTED.
   */
  send(line: string): Promise<void>;
  /** No more lines will be sent: the program reads the end of its input. */
  end(): void;
  /**
   * The lines it prints, without their ends. To be iterated once; while nobody asks for the next, it waits.
   * Errors, after the last line: HOST_UNREACHABLE, HOST_COMMAND_FAILED (a status other than 0, or a line of more than
   * 64 MiB), INTERRUPTED.
   */
  readonly lines: AsyncIterable<string>;
  /** The last part of what it has printed on stderr so far. */
  readonly stderr: string;
  /** How it ended. Never rejects: `failure` is what `lines` throws. */
  readonly done: Promise<SessionEnd>;
}

export interface SessionEnd extends CommandEnd {
  /** Undefined when the program ended with status 0. */
  readonly failure: Error | undefined;
}

export interface SessionOptions {
  readonly host: string;
  /** What runs there, for messages. */
  readonly programName: string;
  readonly signal: AbortSignal;
  readonly sshProgram: string;
}

const maxStderrBytes = 64 << 10;
const maxLineBytes = 64 << 20;
const disposeGraceMs = 5000;

/** The session of a program that has just been started over ssh, which may also be sent bytes. */
export class ProgramSession implements SshSession {
  readonly lines: AsyncIterable<string>;
  readonly done: Promise<SessionEnd>;
  readonly #program: StartedProgram;
  readonly #options: SessionOptions;
  readonly #stderr = keepTail(maxStderrBytes);
  readonly #limits: ProgramLimits;
  #room: Promise<void> | undefined;
  #tooLong = false;

  constructor(program: StartedProgram, options: SessionOptions) {
    this.#program = program;
    this.#options = options;
    this.#limits = limitProgram(program, options.programName, options);
    program.stderr.on('data', (chunk: Uint8Array) => this.#stderr.add(chunk));
    this.lines = this.#readLines();
    this.done = this.#waitForEnd();
  }

  get stderr(): string {
    return this.#stderr.text();
  }

  send(line: string): Promise<void> {
    return this.write(utf8(`${line}\n`));
  }

  /** Sends bytes, which are not to be changed until the promise is kept. Errors: as of `send`. */
  async write(bytes: Uint8Array): Promise<void> {
    const { stdin } = this.#program;
    if (!stdin.writable) throw await this.#gone();
    if (stdin.write(bytes)) return;
    this.#room ??= this.#waitForRoom();
    await this.#room;
    if (stdin.destroyed) throw await this.#gone();
  }

  end(): void {
    this.#program.stdin.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    // Whoever has stopped reading must not keep the program from printing its last words.
    this.#program.stdout.resume();
    const timer = setTimeout(() => this.#program.stop(), disposeGraceMs);
    await this.#program.exited;
    clearTimeout(timer);
    this.#program.stdout.destroy();
    await this.done;
  }

  async #waitForRoom(): Promise<void> {
    const { stdin } = this.#program;
    const settled = new AbortController();
    try {
      await Promise.race([
        once(stdin, 'drain', { signal: settled.signal }),
        once(stdin, 'close', { signal: settled.signal }),
      ]);
    } catch {
      // A pipe that breaks is closed; why it broke is known when the program has ended.
    } finally {
      this.#room = undefined;
      settled.abort();
    }
  }

  async #gone(): Promise<Error> {
    const end = await this.done;
    return end.failure ?? hostCommandFailed(this.#options.host, this.#options.programName, end);
  }

  async *#readLines(): AsyncGenerator<string> {
    const splitter = new LineSplitter(maxLineBytes);
    for await (const chunk of readOutput(this.#program.stdout)) {
      yield* splitter.add(chunk);
      if (!splitter.isTooLong) continue;
      this.#tooLong = true;
      this.#program.stop();
      break;
    }
    const { failure } = await this.done;
    // Half a line is no line when the program did not live to finish it.
    if (failure !== undefined) throw failure;
    const rest = splitter.takeRest();
    if (rest !== '') yield rest;
  }

  async #waitForEnd(): Promise<SessionEnd> {
    const { stderr } = this.#program;
    const exit = await this.#program.exited;
    if (!stderr.closed && exit.startError === undefined) await once(stderr, 'close');
    this.#limits[Symbol.dispose]();
    const end = { exitCode: exit.exitCode, signal: exit.signal, stderr: this.stderr };
    return { ...end, failure: this.#failureOf(exit, end) };
  }

  #failureOf(exit: ProgramExit, end: CommandEnd): Error | undefined {
    const { host, programName, sshProgram } = this.#options;
    if (this.#limits.reached !== undefined) return this.#limits.reached;
    if (exit.startError !== undefined) return cannotStart(sshProgram, exit.startError);
    if (this.#tooLong) {
      return new HoldfastError('HOST_COMMAND_FAILED', `${host}: ${programName} prints a line without an end`);
    }
    if (hasSshFailed(exit)) return hostUnreachable(host, end);
    return exit.exitCode === 0 ? undefined : hostCommandFailed(host, programName, end);
  }
}
