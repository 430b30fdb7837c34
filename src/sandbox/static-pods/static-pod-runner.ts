import { type FSWatcher, watch } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { errnoOf } from '../../base/index.ts';
import { Container, type ContainerSettings, deathTie } from './container.ts';
import { hostPathToLocal } from './container-paths.ts';
import { type PodManifest, parsePodManifest } from './pod-manifest.ts';
import type { ProgramTable } from './program-table.ts';
import { type RunnerEvent, writeEvent } from './runner-events.ts';

export interface StaticPodRunnerOptions {
  /** The directory that stands for the host's `/`. */
  readonly root: string;
  /** Host path, `/etc/kubernetes/manifests` by default. */
  readonly manifestsDir?: string;
  readonly programs: ProgramTable;
  /** Events, output and container layers; `<root>/run/static-pods` by default. */
  readonly stateDir?: string;
  /** How often it looks at the directory without being told of a change: 2 s by default, the kubelet's is 20 s. */
  readonly rescanMs?: number;
  /** 500 ms and 10 s by default; the kubelet's are 10 s and 5 min. */
  readonly firstBackOffMs?: number;
  readonly longestBackOffMs?: number;
  /** Caps the pods' grace periods, which are 30 s when a manifest says nothing. */
  readonly maxGraceMs?: number;
}

/** A running runner. Disposing kills everything that it runs, and resolves when all of it is gone. */
export interface StaticPodRunner extends AsyncDisposable {
  readonly eventsFile: string;
  /** Stops everything that it runs; kills what is left after `capMs`, or after the pods' own grace periods. */
  stop(capMs?: number): Promise<void>;
}

/**
 * Starts what stands for the kubelet: it runs the static pods of a directory as processes of this machine.
 *
 * As the kubelet (pkg/kubelet/config/file.go, file_linux.go; Kubernetes 1.31): every file whose name does not begin
 * with a dot is a manifest, whatever its name; a change of the content stops the old pod and starts the new one when
 * the old one is gone; comments do not count as a change; a file that cannot be read as a pod keeps what runs until
 * the next regular scan, which takes the pod for removed; a container that ends is started again, after a while when
 * it keeps ending. Not as the kubelet: there are no probes, no resources, no network; and two files with pods of one
 * name run both, where the kubelet takes whichever it looked at last.
 *
 * A manifests directory that is not there, or is replaced by another, is an empty one until it is.
 */
export async function startStaticPodRunner(options: StaticPodRunnerOptions): Promise<StaticPodRunner> {
  const stateDir = options.stateDir ?? join(options.root, 'run', 'static-pods');
  await mkdir(join(stateDir, 'bin'), { recursive: true, mode: 0o700 });
  await writeProgramLinks(join(stateDir, 'bin'), options.programs);
  const eventsFile = join(stateDir, 'events.jsonl');
  const runner = new RunningRunner(options, stateDir, (event) => writeEvent(eventsFile, event));
  await runner.start();
  const stop = (capMs?: number) => runner.stop(capMs);
  return { eventsFile, stop, [Symbol.asyncDispose]: () => stop(0) };
}

/** Programs of the table for manifests that call them through a shell, by name. */
async function writeProgramLinks(directory: string, programs: ProgramTable): Promise<void> {
  for (const [name, argv] of Object.entries(programs)) {
    if (name.includes(' ')) continue;
    const path = join(directory, posix.basename(name));
    const words = [...deathTie(), '/bin/bash', '-c', 'exec -a "$0" "$@"', name, ...argv];
    const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    await writeFile(path, `#!/bin/bash\nexec ${quoted} "$@"\n`);
    await chmod(path, 0o755);
  }
}

interface RunningPod {
  readonly manifest: PodManifest;
  readonly containers: readonly Container[];
}

/** One manifest's place: what should run and what does. */
interface Slot {
  wanted: PodManifest | undefined;
  running: RunningPod | undefined;
  /** True until `settled` is about to resolve with everything as wanted. */
  settling: boolean;
  settled: Promise<void>;
}

class RunningRunner {
  readonly #directory: string;
  readonly #settings: ContainerSettings;
  readonly #report: (event: Omit<RunnerEvent, 'time'>) => void;
  readonly #rescanMs: number;
  readonly #maxGraceMs: number;
  readonly #slots = new Map<string, Slot>();
  readonly #unreadable = new Map<string, string>();
  #watcher: FSWatcher | undefined;
  #watched: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #eventScanPlanned = false;
  #stopping: Promise<void> | undefined;
  readonly #killAll = () => {
    for (const { running } of this.#slots.values()) {
      for (const container of running?.containers ?? []) container.kill();
    }
  };

  constructor(
    options: StaticPodRunnerOptions,
    stateDir: string,
    report: (event: Omit<RunnerEvent, 'time'>) => void,
  ) {
    const { root, programs, firstBackOffMs = 500, longestBackOffMs = 10_000 } = options;
    this.#directory = hostPathToLocal(root, options.manifestsDir ?? '/etc/kubernetes/manifests');
    this.#report = report;
    this.#settings = { root, stateDir, programs, firstBackOffMs, longestBackOffMs, report };
    this.#rescanMs = options.rescanMs ?? 2000;
    this.#maxGraceMs = options.maxGraceMs ?? Infinity;
  }

  async start(): Promise<void> {
    process.once('exit', this.#killAll);
    await this.#watchDirectory();
    this.#report({ event: 'watching', pid: process.pid });
    await this.#rescan();
  }

  async stop(capMs?: number): Promise<void> {
    const timer = capMs === undefined ? undefined : setTimeout(this.#killAll, capMs);
    this.#stopping ??= this.#stopAll();
    await this.#stopping;
    clearTimeout(timer);
  }

  async #stopAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    await this.#scanning;
    for (const slot of this.#slots.values()) slot.wanted = undefined;
    await Promise.all([...this.#slots].map(([file, slot]) => this.#settle(file, slot)));
    process.removeListener('exit', this.#killAll);
    this.#report({ event: 'stopped', pid: process.pid });
  }

  /** The regular look at everything, which repeats itself. */
  async #rescan(): Promise<void> {
    await this.#watchDirectory();
    await this.#scanNext({ regular: true });
    if (this.#stopping === undefined) this.#timer = setTimeout(() => void this.#rescan(), this.#rescanMs);
  }

  /** Watches the directory that has the name now. */
  async #watchDirectory(): Promise<void> {
    const found = await stat(this.#directory).catch(() => undefined);
    const identity = found === undefined ? undefined : `${found.dev}:${found.ino}`;
    if (identity === this.#watched || this.#stopping !== undefined) return;
    this.#watcher?.close();
    this.#watched = undefined;
    if (identity === undefined) return;
    try {
      this.#watcher = watch(this.#directory, () => this.#scanSoon());
      this.#watcher.on('error', () => (this.#watched = undefined));
      this.#watched = identity;
    } catch (error) {
      this.#report({ event: 'unreadable', reason: String(error) });
    }
  }

  /** Changes come in bursts: one look for those that are there by the time of it. */
  #scanSoon(): void {
    if (this.#eventScanPlanned) return;
    this.#eventScanPlanned = true;
    void this.#scanNext({ regular: false });
  }

  #scanNext(kind: { readonly regular: boolean }): Promise<void> {
    this.#scanning = this.#scanning.then(async () => {
      if (!kind.regular) this.#eventScanPlanned = false;
      if (this.#stopping !== undefined) return;
      await this.#scan(kind.regular).catch((error: unknown) =>
        this.#report({ event: 'unreadable', reason: String(error) }),
      );
    });
    return this.#scanning;
  }

  async #scan(regular: boolean): Promise<void> {
    const files = await manifestFiles(this.#directory);
    for (const file of this.#slots.keys()) if (!files.includes(file)) this.#want(file, undefined);
    for (const file of files) await this.#look(file, regular);
    for (const file of this.#unreadable.keys()) if (!files.includes(file)) this.#unreadable.delete(file);
  }

  async #look(file: string, regular: boolean): Promise<void> {
    try {
      const manifest = parsePodManifest(await readFile(join(this.#directory, file), 'utf8'), file);
      this.#unreadable.delete(file);
      this.#want(file, manifest);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#unreadable.get(file) !== reason) this.#report({ event: 'unreadable', file, reason });
      this.#unreadable.set(file, reason);
      if (regular) this.#want(file, undefined);
    }
  }

  #want(file: string, manifest: PodManifest | undefined): void {
    const slot = this.#slots.get(file) ?? emptySlot();
    if (slot.wanted?.identity === manifest?.identity) return;
    const event =
      manifest === undefined ? 'pod-removed' : slot.wanted === undefined ? 'pod-added' : 'pod-changed';
    this.#report({ event, file, pod: (manifest ?? slot.wanted)!.pod });
    slot.wanted = manifest;
    this.#slots.set(file, slot);
    void this.#settle(file, slot);
  }

  /** Brings what runs to what should, one step at a time: nothing starts before what was there is gone. */
  #settle(file: string, slot: Slot): Promise<void> {
    if (!slot.settling) {
      slot.settling = true;
      slot.settled = this.#settleNow(file, slot);
    }
    return slot.settled;
  }

  async #settleNow(file: string, slot: Slot): Promise<void> {
    while (slot.running?.manifest.identity !== slot.wanted?.identity) {
      const { running } = slot;
      if (running !== undefined) {
        const graceMs = Math.min(running.manifest.graceMs, this.#maxGraceMs);
        await Promise.all(running.containers.map((container) => container.stop(graceMs)));
        this.#report({ event: 'pod-stopped', file, pod: running.manifest.pod });
        slot.running = undefined;
      }
      await this.#namesakesGone(slot);
      if (slot.wanted !== undefined) slot.running = this.#startPod(slot.wanted);
    }
    slot.settling = false;
  }

  /** A pod whose file was renamed waits for itself under the old name. */
  async #namesakesGone(slot: Slot): Promise<void> {
    if (slot.wanted === undefined) return;
    const { pod } = slot.wanted;
    const leaving = [...this.#slots.values()].filter(
      ({ running, wanted }) => wanted === undefined && running?.manifest.pod === pod,
    );
    await Promise.all(leaving.filter((other) => other !== slot).map(({ settled }) => settled));
  }

  #startPod(manifest: PodManifest): RunningPod {
    const containers = manifest.containers.map((item) => new Container(manifest, item, this.#settings));
    for (const container of containers) container.start();
    return { manifest, containers };
  }
}

function emptySlot(): Slot {
  return { wanted: undefined, running: undefined, settling: false, settled: Promise.resolve() };
}

/** Regular files, also through a link, whose names do not begin with a dot, in order. */
async function manifestFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  });
  const files: string[] = [];
  for (const name of names.sort()) {
    if (name.startsWith('.')) continue;
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.isFile() === true) files.push(name);
  }
  return files;
}
