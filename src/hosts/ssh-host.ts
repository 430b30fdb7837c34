import { HoldfastError, type Logger } from '../base/index.ts';
import type { CommandEnd, CommandOptions, CommandResult } from './command.ts';
import type { SshSession } from './ssh-session.ts';

/** A host as the system's ssh knows it. */
export interface SshTarget {
  /** As ssh takes it: `host`, `user@host`, `ssh://user@host:port`, or a name from the user's configuration. */
  readonly destination: string;
  /** The client to run; `ssh` by default. */
  readonly sshProgram?: string;
  /** More arguments for it, before the destination: `['-F', file]`. */
  readonly options?: readonly string[];
  /** How long a connection may take to come about; 15 s by default. */
  readonly connectTimeoutMs?: number;
}

export interface SshContext {
  /** Ends everything that runs over this host and rejects with INTERRUPTED. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface PlaceFileOptions {
  /** Permission bits of the file there. */
  readonly mode: number;
  /** The SHA-256 that the file must have, in hex; computed from the local file when undefined. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
  /** Bytes sent so far, and in all. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * A host reached with the system's ssh: the user's configuration, agent, jump hosts and known hosts apply.
 * Every call is a connection of its own; a user who wants them shared says so in the ssh configuration (ControlMaster).
 *
 * Errors of every call: HOST_UNREACHABLE (ssh itself failed: no connection, no permission, unknown host key, or the
 * connection was lost), INTERRUPTED. They name the host, and hold the last line of ssh as `details.ssh`.
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
  /** Runs a program there and hands on its stdout; the next piece is read when the promise for the last is kept. */
  stream(
    argv: readonly string[],
    onChunk: (chunk: Uint8Array) => void | Promise<void>,
    options?: Omit<CommandOptions, 'maxOutputBytes'>,
  ): Promise<CommandEnd>;
}

/** A host to be reached over ssh. Connects when it is first used. Disposing it ends what still runs over it. */
export function openSshHost(target: SshTarget, ctx: SshContext): SshHost {
  ctx.log.debug('ssh host', { destination: target.destination });
  throw new HoldfastError('DEFECT', `not built yet: ${target.destination}`);
}
