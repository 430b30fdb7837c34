import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf, fileError, HoldfastError } from '../base/index.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { findHolders } from './file-holders.ts';
import { readHostFile } from './host-file.ts';
import { runHostProgram } from './host-program.ts';
import { type HostProcess, readProcesses } from './process-list.ts';
import { linkTarget, resolveInRoot } from './root-path.ts';

export interface LocalHostOptions {
  /** Where the host's `/` is in this process's file system; `/` by default. */
  readonly root?: string;
}

/** What a path of the host names, symbolic links followed. */
export interface HostFileStat {
  readonly kind: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  /** Permission bits, with set-user-id, set-group-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mtimeMs: number;
}

/** This machine, or one whose file system is mounted under a root. Paths are absolute paths of the host. */
export interface LocalHost {
  readonly root: string;
  /**
   * The path in this process's file system. Every symbolic link is followed inside the root, an absolute one from the
   * root on; `..` does not leave it. What does not exist is taken as it is written.
   * Errors: FILE_NOT_READABLE (a loop of links, no permission).
   */
  realPath(hostPath: string): Promise<string>;
  /**
   * A file's text, a byte order mark included. Undefined when there is no such file.
   * @param maxBytes 4 MiB by default; a larger file is refused
   * Errors: FILE_NOT_READABLE (also: too large, not UTF-8), NOT_A_REGULAR_FILE.
   */
  readText(hostPath: string, maxBytes?: number): Promise<string | undefined>;
  /** The same as bytes, which belong to the caller. */
  readBytes(hostPath: string, maxBytes?: number): Promise<Uint8Array | undefined>;
  /** The names in a directory, sorted; undefined when there is no such directory. Errors: FILE_NOT_READABLE. */
  list(hostPath: string): Promise<readonly string[] | undefined>;
  /** What a symbolic link says, as it is written; undefined for anything else. Errors: FILE_NOT_READABLE. */
  readLink(hostPath: string): Promise<string | undefined>;
  /** Undefined when the path names nothing. Errors: FILE_NOT_READABLE. */
  stat(hostPath: string): Promise<HostFileStat | undefined>;
  /**
   * The processes of the host, by pid: those of `/proc` under the root, where a link to `/proc` means this machine's.
   * None when there is no `/proc` under the root. Errors: FILE_NOT_READABLE.
   */
  processes(): Promise<readonly HostProcess[]>;
  /** The pids that hold a file open or locked, in order; none when there is no such file. Errors: FILE_NOT_READABLE. */
  holdersOf(hostPath: string): Promise<readonly number[]>;
  /**
   * Runs a program of the host to its end, whatever its exit status: directly when the root is `/`, through chroot
   * otherwise. Undefined when the host has no such program.
   * Errors: HOST_COMMAND_FAILED (it cannot be started), TIMEOUT, INTERRUPTED.
   */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult | undefined>;
}

const defaultMaxBytes = 4 << 20;

/** The host under a root. Holds nothing open, so there is nothing to close. */
export function openLocalHost(options: LocalHostOptions = {}): LocalHost {
  const root = resolve(options.root ?? '/');
  const realPath = (hostPath: string) => resolveInRoot(root, hostPath);
  return {
    root,
    realPath,
    readBytes: async (hostPath, maxBytes = defaultMaxBytes) =>
      readHostFile(await realPath(hostPath), maxBytes),
    async readText(hostPath, maxBytes = defaultMaxBytes) {
      const path = await realPath(hostPath);
      const bytes = await readHostFile(path, maxBytes);
      return bytes === undefined ? undefined : decodeText(bytes, path);
    },
    list: async (hostPath) => listDirectory(await realPath(hostPath)),
    readLink: async (hostPath) => linkTarget(join(await realPath(dirname(hostPath)), basename(hostPath))),
    stat: async (hostPath) => statFile(await realPath(hostPath)),
    processes: async () => readProcesses(await realPath('/proc')),
    holdersOf: async (hostPath) => findHolders(await realPath('/proc'), await realPath(hostPath)),
    run: (argv, runOptions = {}) => runHostProgram(root, argv, runOptions),
  };
}

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    // Whoever changes a part of the text and writes it back must not change the rest.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new HoldfastError('FILE_NOT_READABLE', `read ${path}: is not UTF-8 text`, {
      hint: 'Look at what the file holds.',
      details: { path },
      cause: error,
    });
  }
}

async function listDirectory(path: string): Promise<string[] | undefined> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(error, 'open', path);
  }
}

async function statFile(path: string): Promise<HostFileStat | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    return {
      kind: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other',
      sizeBytes: Number(found.size),
      mode: Number(found.mode & 0o7777n),
      uid: Number(found.uid),
      gid: Number(found.gid),
      dev: found.dev,
      ino: found.ino,
      mtimeMs: Number(found.mtimeMs),
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(error, 'stat', path);
  }
}

function isMissing(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}
