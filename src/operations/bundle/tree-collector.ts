import { dirname, join, resolve } from 'node:path/posix';
import {
  type Finding,
  isHoldfastError,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';
import type { LocalHost } from '../../hosts/index.ts';
import {
  type BundleDirectory,
  type BundleFileKind,
  bundleLimits,
  type BundleTree,
  type FileToBundle,
} from '../../repository/index.ts';

/** As many as Linux follows in one path. */
const maxLinks = 40;
const maxDepth = 8;
/** What is there is made by the kernel. */
const noFiles = /^\/(proc|sys|dev)(\/|$)/;

/** A directory such as `/` or `/etc`: far more than a control plane lies there. */
function isTop(path: string): boolean {
  return path.split('/').length < 3;
}

/**
 * Gathers files of a host with the directories above them and the links on the way. What cannot be read, or is no file
 * of a control plane by its size or kind, is left out, with a finding: a backup is worth more than any of them.
 */
export class TreeCollector {
  readonly findings: Finding[] = [];
  readonly #host: LocalHost;
  readonly #ctx: OperationContext;
  readonly #files = new Map<string, FileToBundle>();
  readonly #links = new Map<string, string>();
  readonly #directories = new Map<string, BundleDirectory>();
  readonly #visited = new Set<string>();
  #bytes = 0;
  #isFull = false;

  constructor(host: LocalHost, ctx: OperationContext) {
    this.#host = host;
    this.#ctx = ctx;
  }

  /** Adds a file, or what a link to one leads to. Nothing when there is no file of this path. */
  async addFile(path: string, kind: BundleFileKind): Promise<void> {
    await this.#guarded(path, () => this.#add(path, kind, 0));
  }

  /** Adds all files below a directory. */
  async addTree(path: string, kind: BundleFileKind): Promise<void> {
    await this.#guarded(path, () => this.#add(path, kind, maxDepth));
  }

  finish(): BundleTree {
    const links = [...this.#links].map(([path, target]) => ({ path, target }));
    return { directories: [...this.#directories.values()], files: [...this.#files.values()], links };
  }

  async #guarded(path: string, add: () => Promise<void>): Promise<void> {
    try {
      await add();
    } catch (error) {
      if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
      this.#leaveOut(path, error.message);
    }
  }

  /** @param depth how many directories deep; 0 for a file alone */
  async #add(wanted: string, kind: BundleFileKind, depth: number): Promise<void> {
    throwIfInterrupted(this.#ctx.signal);
    const { path, links } = await this.#follow(resolve('/', wanted));
    if (path === undefined) {
      this.#leaveOut(wanted, 'its symbolic links lead in a circle');
      return;
    }
    if (noFiles.test(path)) {
      this.#leaveOut(wanted, `it leads to ${path}`);
      return;
    }
    const found = await this.#host.stat(path);
    if (found === undefined || (found.kind === 'directory' && depth === 0)) return;
    if (found.kind === 'other') {
      this.#leaveOut(wanted, 'it is no regular file');
      return;
    }
    if (found.kind === 'directory' && links.length > 0 && isTop(path)) {
      this.#leaveOut(wanted, `it leads to ${path}`);
      return;
    }
    // A link counts when it leads to something that is taken along.
    if (found.kind === 'directory' || (await this.#addFile(path, kind, found)))
      for (const link of links) await this.#noteLink(...link);
    if (found.kind !== 'directory' || this.#visited.has(path)) return;
    this.#visited.add(path);
    await this.#noteDirectory(path);
    for (const name of (await this.#host.list(path)) ?? []) {
      const child = join(path, name);
      if (depth === 1 && (await this.#host.stat(child))?.kind === 'directory')
        this.#leaveOut(child, `it is more than ${maxDepth} directories deep`);
      else await this.#guarded(child, () => this.#add(child, kind, depth - 1));
    }
  }

  /** Whether the file is taken along. */
  async #addFile(
    path: string,
    kind: BundleFileKind,
    { sizeBytes, mode, uid, gid, mtimeMs }: NonNullable<Awaited<ReturnType<LocalHost['stat']>>>,
  ): Promise<boolean> {
    if (this.#files.has(path)) return true;
    if (sizeBytes > bundleLimits.fileBytes) {
      this.#leaveOut(path, `it has ${sizeBytes} bytes`);
      return false;
    }
    const content = await this.#host.readBytes(path, bundleLimits.fileBytes);
    if (content === undefined || this.#wouldOverflow(content.length)) return false;
    await this.#noteDirectory(dirname(path));
    this.#bytes += content.length;
    this.#files.set(path, {
      ...{ path, kind, uid, gid, content },
      mode: mode & 0o777,
      mtimeMs: Math.max(0, Math.trunc(mtimeMs)),
    });
    return true;
  }

  #wouldOverflow(bytes: number): boolean {
    const isFull =
      this.#files.size + this.#links.size >= bundleLimits.entries / 2 ||
      this.#bytes + bytes > bundleLimits.totalBytes;
    if (isFull && !this.#isFull)
      this.findings.push({
        severity: 'warn',
        code: 'bundle-full',
        message: `the bundle holds ${this.#files.size} files of ${this.#bytes} bytes; what does not fit is left out`,
      });
    this.#isFull ||= isFull;
    return isFull;
  }

  /** The path without links in it, and the links on the way; no path when they lead in a circle. */
  async #follow(wanted: string) {
    const links: [path: string, target: string][] = [];
    let path = wanted;
    for (;;) {
      const link = await this.#firstLink(path);
      if (link === undefined) return { path, links };
      if (links.length === maxLinks) return { path: undefined, links };
      links.push([link.path, link.target]);
      path = resolve('/', dirname(link.path), link.target, `./${path.slice(link.path.length)}`);
    }
  }

  async #firstLink(path: string) {
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const prefix = end < 0 ? path : path.slice(0, end);
      if (!this.#directories.has(prefix)) {
        const target = await this.#host.readLink(prefix);
        if (target !== undefined) return { path: prefix, target };
      }
      if (end < 0) return undefined;
    }
  }

  async #noteLink(path: string, target: string): Promise<void> {
    await this.#noteDirectory(dirname(path));
    this.#links.set(path, target);
  }

  /** Notes a directory and all above it; there is no link in the path. */
  async #noteDirectory(path: string): Promise<void> {
    for (let at = path; at !== '/' && !this.#directories.has(at); at = dirname(at)) {
      const { mode = 0o755, uid = 0, gid = 0 } = (await this.#host.stat(at)) ?? {};
      this.#directories.set(at, { path: at, mode: mode & 0o777, uid, gid });
    }
  }

  #leaveOut(path: string, why: string): void {
    const message = `${path} is not in the bundle: ${why}`;
    this.findings.push({ severity: 'warn', code: 'bundle-file-left-out', message, where: { path } });
  }
}
