/**
 * Directories that are filled under temporary names and moved to their places when everything is complete and on disk.
 * Until `finish` it can all be undone, at any moment and without waiting: also what has been moved already.
 */
import { lstatSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beginUnfinished, errnoOf, syncDirectory, type Unfinished } from '../../base/index.ts';

interface Move {
  readonly from: string;
  readonly to: string;
  /** Tells our directory from another one under the same name. */
  readonly ino: number;
  readonly dev: number;
}

export class StagedDirectories implements Disposable {
  /** For the names of what is unfinished. */
  readonly tag: string;
  readonly #unfinished: Unfinished;
  /** Everything under a temporary name, in the order of its making. */
  readonly #made: string[] = [];
  /** Directories above the places that did not exist before, outermost first. */
  readonly #parents: string[] = [];
  readonly #moves: Move[] = [];

  constructor() {
    this.#unfinished = beginUnfinished(() => {
      try {
        this.removeNow();
      } catch {
        // The process is on its way out: the next run removes the rest.
      }
    });
    this.tag = this.#unfinished.tag;
  }

  /** Makes a directory and those above it, 0700 as etcd does, to put a place into. */
  makeParents(path: string): void {
    makeDirectories(path, this.#parents);
  }

  /** Makes a temporary directory and those above it. */
  make(path: string): void {
    makeDirectories(path, this.#made);
  }

  /** Remembers to move a directory; moves are made in the order of these calls. */
  planMove(from: string, to: string): void {
    const { ino, dev } = lstatSync(from);
    this.#moves.push({ from, to, ino, dev });
  }

  /** Flushes every directory and moves what is to be moved. */
  async moveAll(): Promise<void> {
    for (const path of [...this.#made].reverse()) await syncDirectory(path);
    for (const { from, to } of this.#moves) {
      await rename(from, to);
      await syncDirectory(dirname(to));
    }
    for (const path of this.#parents) await syncDirectory(dirname(path));
  }

  /** Everything is in its place and stays there. */
  finish(): void {
    // Where the data dir was there before, an empty directory is left of what stood for it.
    this.#removeMade();
    this.#made.length = 0;
    this.#moves.length = 0;
    this.#parents.length = 0;
    this.#unfinished[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    try {
      this.removeNow();
    } finally {
      this.#unfinished[Symbol.dispose]();
    }
  }

  /** Removes everything that was made or moved, unless it is finished. A move under way finds nothing to move. */
  removeNow(): void {
    for (const move of this.#moves) {
      for (const path of [move.from, move.to]) removeIfSame(move, path);
    }
    this.#removeMade();
    for (const path of [...this.#parents].reverse()) {
      try {
        rmdirSync(path);
      } catch (error) {
        // Somebody else put something there meanwhile: it stays.
        if (errnoOf(error) === undefined) throw error;
        break;
      }
    }
    this.#parents.length = 0;
  }

  #removeMade(): void {
    for (const path of this.#made) removeDirectory(path);
  }
}

function removeIfSame({ ino, dev }: Move, path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && found.ino === ino && found.dev === dev) removeDirectory(path);
}

/**
 * Makes a directory and those above it, and adds each new one to `made` at once: there is no moment at which one is
 * there and nobody would remove it. Node's own recursive `mkdir` tells only of the first, not at all when it fails
 * half-way, and calls a read-only file system a missing directory.
 */
function makeDirectories(path: string, made: string[]): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectories(dirname(path), made);
    mkdirSync(path, { mode: 0o700 });
  }
  made.push(path);
}

/** A call that is still under way may put a file into a directory that is just being emptied. */
function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
