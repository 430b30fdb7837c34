import type { OperationContext } from '../../base/index.ts';
import type { EtcdClient, EtcdClientOptions } from '../../etcd/index.ts';
import type { EtcdInstallation } from '../../operations/discover/index.ts';
import type { Output, View, WriteOut } from '../output/index.ts';
import type { GlobalValues } from './global-flags.ts';
import type { ValueOrigin } from './value-origin.ts';

/** A stream that results or messages go to. */
export interface CliStream {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  /** Writes in order; a reader that went away is noticed by the process, not here. */
  write(chunk: string | Uint8Array): void;
  /** Writes and resolves when the bytes are taken; rejects when the reader is gone. */
  send(bytes: Uint8Array): Promise<void>;
}

/** The outside of a process: the only way in which this floor touches terminal, environment and signals. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTerminal: boolean };
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C and by a termination signal. */
  readonly signal: AbortSignal;
  /** What to say when a second Ctrl-C ends the process at once; nothing where it is absent. */
  lastWords?: string;
  /** Whether the reader of standard output went away; what is written there is lost then. */
  readonly isOutputGone: boolean;
  /** Where the host's file system is unless `--root` says so; `/` when absent. */
  readonly root?: string;
  /** Reads a line from the terminal without showing it; undefined where there is no terminal. */
  readonly askSecret: ((prompt: string) => Promise<string>) | undefined;
  /** Waits for a key on the terminal and takes it; undefined or absent where there is no terminal. */
  readonly awaitKey?: (() => Promise<void>) | undefined;
}

/** What a command works with besides its own input. */
export interface CommandHost {
  readonly io: CliIo;
  readonly globals: GlobalValues;
  readonly format: WriteOut;
  readonly ctx: OperationContext;
  /** Standard output, line by line. */
  readonly out: Output;
  /** Whether a global flag was given, on the command line, in the environment or in `holdfast.yaml`. */
  given(flag: keyof GlobalValues): boolean;
  /** Where the value of a global flag comes from. */
  origin(flag: keyof GlobalValues): ValueOrigin;
  /** The `holdfast.yaml` that is used, if there is one. */
  readonly configPath: string | undefined;
  /** Prints a result in the format that was asked for. */
  print(view: View): void;
  /** A line on standard error that etcdctl prints there too: neither result nor error of ours. */
  say(line: string): void;
  /** The same at once, also with `-w json`: somebody is asked to do something. */
  sayNow(line: string): void;
  /** Where the host's file system is. */
  readonly root: string;
  /** How the user called a file: `repo:ID` for the copy of a backup, and the path itself for any other. */
  nameOf(path: string): string;
  /**
   * Connection flags as client options; certificates are read. Without an endpoint, the etcd of this host is looked for.
   * Errors: USAGE, FILE_NOT_FOUND, FILE_NOT_READABLE, ETCD_AMBIGUOUS.
   */
  clientOptions(): Promise<EtcdClientOptions>;
  /** The etcd on this host whose endpoints these options have; undefined when they were given, or none was found. */
  foundEtcd(): EtcdInstallation | undefined;
  /** Runs another command line of this program, with an outside of its own; resolves with its exit status. */
  runLine(words: readonly string[], io: CliIo): Promise<number>;
  /** A client for the endpoints that were given. The caller disposes it. */
  connect(): Promise<EtcdClient>;
}
