/**
 * Looks at a control plane without a pause while it is recovered, killed and recovered: whether a manifest is ever
 * lost or doubled, and whether two etcds of it ever run at once.
 */
import { type Dirent, lstatSync, readdirSync, readFileSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../../src/base/index.ts';

export interface ControlPlaneWatch extends Disposable {
  /**
   * Takes the manifests as they are now for those that must be there once from now on, and looks at nothing that lies
   * in directories of earlier recoveries.
   */
  begin(): void;
  /** What was wrong since `begin`. */
  problems(): readonly string[];
  /** Resolves after the next look. */
  looked(): Promise<void>;
  /** Stops judging; throws when anything was wrong since `begin`. Returns how often it has looked. */
  end(): number;
}

interface Watched {
  readonly root: string;
  readonly manifestsDir: string;
}

const lookEveryMs = 20;

/** Disposing stops it, without a verdict. */
export function watchControlPlane({ root, manifestsDir }: Watched): ControlPlaneWatch {
  const manifests = new ManifestLooks(manifestsDir, join(manifestsDir, '..'));
  const processes = new EtcdLooks(root);
  let looks = 0;
  let isOn = false;
  const problems = new Set<string>();
  const look = () => {
    if (!isOn) return;
    looks++;
    for (const problem of [...manifests.look(), ...processes.look()]) problems.add(problem);
  };
  const timer = setInterval(look, lookEveryMs);
  const watchers = [manifestsDir, join(manifestsDir, '..')].map((path) => watch(path, look));
  return {
    begin() {
      manifests.begin();
      problems.clear();
      looks = 0;
      isOn = true;
      look();
    },
    problems: () => [...problems],
    async looked() {
      const before = looks;
      while (looks === before) await delay(lookEveryMs);
    },
    end() {
      look();
      isOn = false;
      if (problems.size > 0) throw new Error([...problems].join('\n'));
      return looks;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** A file is the same file wherever it is moved: by its inode. */
type Places = ReadonlyMap<string, bigint>;

class ManifestLooks {
  readonly #directory: string;
  readonly #parent: string;
  #earlier: ReadonlySet<string> = new Set();
  #wanted: Places = new Map();
  /** Inodes of changed manifests that were seen waiting. */
  readonly #edited = new Set<bigint>();

  constructor(directory: string, parent: string) {
    this.#directory = directory;
    this.#parent = parent;
  }

  begin(): void {
    this.#earlier = new Set(this.#fences());
    this.#wanted = placesIn([this.#directory]);
    this.#edited.clear();
  }

  look(): string[] {
    const places = this.#steadyPlaces();
    for (const [path, inode] of places) if (/^\..*\.edited$/.test(basename(path))) this.#edited.add(inode);
    return [...this.#onceEach(places), ...this.#strangers(places)];
  }

  /** A file that moves while directory after directory is read may be missed or met twice: two looks must agree. */
  #steadyPlaces(): Places {
    let last = '';
    for (;;) {
      const fences = this.#fences().filter((path) => !this.#earlier.has(path));
      const places = placesIn([this.#directory, ...fences]);
      const text = [...places].join(' ');
      if (text === last) return places;
      last = text;
    }
  }

  #fences(): string[] {
    const names = readdirSync(this.#parent).filter((name) => name.startsWith('holdfast-recover-'));
    return names.map((name) => join(this.#parent, name));
  }

  #onceEach(places: Places): string[] {
    const found = (inode: bigint) => [...places].filter(([, other]) => other === inode);
    const count = (path: string, paths: readonly string[]) =>
      paths.length === 1 ? [] : [`${basename(path)} is there ${paths.length} times: ${paths.join(' ')}`];
    const originals = [...this.#wanted].flatMap(([path, inode]) =>
      count(
        path,
        found(inode).map(([place]) => place),
      ),
    );
    const edited = [...places].filter(([, inode]) => this.#edited.has(inode)).map(([path]) => path);
    return edited.length < 2 ? originals : [...originals, ...count('the edited manifest', edited)];
  }

  /** Whatever lies in the manifests dir is run. */
  #strangers(places: Places): string[] {
    const known = new Set([...this.#wanted.values(), ...this.#edited]);
    return [...places]
      .filter(([path]) => path.startsWith(`${this.#directory}/`))
      .filter(([path, inode]) => !this.#wanted.has(path) || !known.has(inode))
      .map(([path]) => `${path} does not belong there`);
  }
}

/** All files in some directories; half-written ones in a fence do not count. */
function placesIn(directories: readonly string[]): Places {
  const places = new Map<string, bigint>();
  for (const directory of directories) {
    for (const { name } of entriesOf(directory)) {
      const path = join(directory, name);
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stats !== undefined && !/\.edited\.part/.test(name)) places.set(path, stats.ino);
    }
  }
  return places;
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** How long a new process may take to become what it is going to be. */
const settlingMs = 2000;

class EtcdLooks {
  readonly #root: string;
  /** Processes that are no etcd of this control plane and will not become one, and those that may. */
  readonly #seen = new Map<string, { readonly sinceMs: number; isEtcd: boolean }>();

  constructor(root: string) {
    this.#root = root;
  }

  look(): string[] {
    const running = this.#running();
    if (running.length < 2) return [];
    // One may have ended before the other began: those that still run run at the same time.
    const still = running.filter((pid) => this.#isEtcd(pid));
    if (still.length < 2) return [];
    return [`${still.length} etcds at once: ${still.map((pid) => commandOf(pid).join(' ')).join(' and ')}`];
  }

  #running(): string[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const now = performance.now();
    for (const pid of this.#seen.keys()) if (!pids.includes(pid)) this.#seen.delete(pid);
    return pids.filter((pid) => {
      const seen = this.#seen.get(pid) ?? { sinceMs: now, isEtcd: false };
      if (seen.isEtcd || now - seen.sinceMs < settlingMs) seen.isEtcd = this.#isEtcd(pid);
      this.#seen.set(pid, seen);
      return seen.isEtcd;
    });
  }

  #isEtcd(pid: string): boolean {
    const [program = '', ...args] = commandOf(pid);
    return basename(program) === 'etcd' && args.some((arg) => arg.startsWith(`--data-dir=${this.#root}/`));
  }
}

/** Nothing for a process that has ended. */
function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
