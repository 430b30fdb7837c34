/** How a program is to be run, here or on another host. */
export interface CommandOptions {
  /** Ends the program and rejects with INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Ends the program and rejects with TIMEOUT; no limit when undefined. */
  readonly timeoutMs?: number;
  /** What the program reads; nothing by default. */
  readonly stdin?: Uint8Array;
  /** How much of stdout and of stderr is kept each; 1 MiB by default. What is past it is read and dropped. */
  readonly maxOutputBytes?: number;
}

/** How a program ended. */
export interface CommandEnd {
  /** Null when a signal ended it. Over ssh always a number: 128 and the signal's, as the shell says it. */
  readonly exitCode: number | null;
  /** The signal that ended it, `SIGKILL` for example; null otherwise, and always null over ssh. */
  readonly signal: string | null;
  /** Its stderr as text; of much, the last part. */
  readonly stderr: string;
}

/** How a program ended and what it printed. */
export interface CommandResult extends CommandEnd {
  /** Its stdout as text; of much, the first part. */
  readonly stdout: string;
  /** Whether stdout or stderr was longer than what is kept of it. */
  readonly isTruncated: boolean;
}
