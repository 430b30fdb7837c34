import type { CommandEnd } from './command.ts';

/** A program on another host that lines go to and come from. */
export interface SshSession extends AsyncDisposable {
  /** Sends one line (without its end). Kept when there is room for more. Errors: as of `lines`. */
  send(line: string): Promise<void>;
  /** No more lines will be sent: the program reads the end of its input. */
  end(): void;
  /**
   * The lines it prints, without their ends. To be iterated once; while nobody asks for the next, it waits.
   * Errors, after the last line: HOST_UNREACHABLE, HOST_COMMAND_FAILED (a status other than 0), INTERRUPTED.
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
