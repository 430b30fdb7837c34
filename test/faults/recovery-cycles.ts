/**
 * One control plane that is recovered over and over: each time the recovery is killed somewhere, and then finished or
 * undone by the program, and everything is looked at. etcd is the real one, the API server a stand-in.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { utf8 } from '../../src/base/index.ts';
import { allRuns, cachedList, openRecoverSandbox, type RecoverSandbox } from '../e2e/recover-sandbox.ts';
import { watchControlPlane } from '../support/control-plane-watch.ts';
import { type LiveKeys, readLiveContent } from '../support/live-keys.ts';
import type { RecoveryToKill } from '../support/recovery-to-kill.ts';
import type { RunResult } from '../support/run-command.ts';
import { expectFailure } from './expect-failure.ts';
import {
  type HoldfastOptions,
  runHoldfastProcess,
  type RunningHoldfast,
  startHoldfast,
} from './holdfast-process.ts';

/** How the data gets to its place. */
export type SwapMode = 'replace' | 'new-data-dir';

/** A control plane with what it is like before a recovery begins. */
export interface Cycle {
  readonly dataDir: string | undefined;
  readonly before: PlaneState;
}

interface PlaneState {
  /** Texts of the manifests by name. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Host path of what the etcd manifest names. */
  readonly dataDir: string;
  readonly dataDirInode: number;
  readonly keys: LiveKeys;
  readonly names: readonly string[];
}

const program = join(import.meta.dirname, '../support/recovery-to-kill.ts');
const spoiled = '/registry/configmaps/shop/app-config-05';

/** Disposing stops everything. */
export class RecoveryCycles implements AsyncDisposable {
  readonly sandbox: RecoverSandbox;
  readonly #stack: AsyncDisposableStack;
  readonly #watch: ReturnType<typeof watchControlPlane>;
  #count = 0;
  #looks = 0;

  private constructor(sandbox: RecoverSandbox, stack: AsyncDisposableStack) {
    this.sandbox = sandbox;
    this.#stack = stack;
    this.#watch = stack.use(watchControlPlane(sandbox.plane));
  }

  /** Undefined after the test has been skipped, because etcd cannot be had. */
  static async open(t: TestContext): Promise<RecoveryCycles | undefined> {
    const stack = new AsyncDisposableStack();
    const sandbox = await openRecoverSandbox(t, '3.5', { maxGraceMs: 5000 });
    if (sandbox === undefined) return undefined;
    stack.use(sandbox);
    return new RecoveryCycles(sandbox, stack);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  /** How often the manifests and processes were looked at, all cycles together. */
  get looks(): number {
    return this.#looks;
  }

  /** Changes the control plane, so that old and restored state differ, and notes what it is like then. */
  async begin(mode: SwapMode): Promise<Cycle> {
    const { plane } = this.sandbox;
    this.#count++;
    {
      await using etcd = plane.openEtcd();
      await etcd.kv.put({ key: utf8('/after/the/snapshot'), value: utf8(String(this.#count)) });
      const { prevKvs } = await etcd.kv.deleteRange({ key: utf8(spoiled), prevKv: true });
      assert.ok(prevKvs.length === 1 || this.#count > 1, 'the key that is deleted is in the snapshot');
    }
    const state = await this.#state();
    const before = { ...state, names: state.names.filter((name) => !isScrap(name)) };
    this.#watch.begin();
    return { before, dataDir: mode === 'replace' ? undefined : `/var/lib/etcd-${this.#count}` };
  }

  /** A recovery in a process of its own that can be killed in many ways. */
  start(
    { dataDir }: Cycle,
    kill: Omit<RecoveryToKill, 'root' | 'work' | 'spoil'> & {
      readonly kind?: RecoveryToKill['work']['kind'];
      readonly spoil?: boolean;
      /** Takes a copy of a backup, which is gone when the recovery is killed. */
      readonly fromBackup?: boolean;
      readonly preload?: readonly string[];
    } = {},
  ): RunningHoldfast {
    const { plane } = this.sandbox;
    const { kind = 'recover', spoil, fromBackup, preload, ...rest } = kill;
    const options: RecoveryToKill = {
      ...rest,
      root: plane.root,
      work: kind === 'recover' ? { kind, dataDir, ...this.#source(fromBackup === true) } : { kind },
      ...(spoil === true ? { spoil: { key: spoiled, etcdUrl: plane.etcdUrl } } : {}),
    };
    return startHoldfast([JSON.stringify(options)], {
      program,
      timeoutMs: 120_000,
      ...(preload === undefined ? {} : { preload }),
    });
  }

  #source(fromBackup: boolean): { readonly snapshotPath: string; readonly backup?: string } {
    const { snapshotPath } = this.sandbox;
    if (!fromBackup) return { snapshotPath };
    copyFileSync(snapshotPath, this.#copyPath);
    return { snapshotPath: this.#copyPath, backup: 'repo:20261122-101112-0a1b2c3d' };
  }

  get #copyPath(): string {
    return `${this.sandbox.snapshotPath}.copy`;
  }

  /** As the program does at the end of each run. */
  async removeCopy(): Promise<void> {
    await rm(this.#copyPath, { force: true });
  }

  /** The program, on this host. */
  holdfast(words: readonly string[], options: HoldfastOptions = {}): Promise<RunResult> {
    return runHoldfastProcess([...words, `--root=${this.sandbox.plane.root}`], {
      timeoutMs: 120_000,
      ...options,
    });
  }

  get isPending(): boolean {
    return existsSync(join(this.sandbox.plane.root, 'var/lib/holdfast/recover/journal.jsonl'));
  }

  /** `recover --resume`, and everything is as in the snapshot. */
  async resume(cycle: Cycle, context: string): Promise<void> {
    const done = await this.holdfast(['recover', '--resume']);
    assert.equal(done.exitCode, 0, `${context}: ${done.stdout}\n${done.stderr}`);
    await this.isRecovered(cycle, context);
  }

  /** `recover --rollback`, and everything is as it was. */
  async rollBack(cycle: Cycle, context: string): Promise<void> {
    const done = await this.holdfast(['recover', '--rollback']);
    assert.equal(done.exitCode, 0, `${context}: ${done.stdout}\n${done.stderr}`);
    await this.isAsBefore(cycle, context);
  }

  /**
   * The old state in the right place, the data of before kept, nothing else left; ends the cycle.
   * @param cutShort the process was killed when all was done: its lock may still be there, which the next one takes
   */
  async isRecovered({ before, dataDir }: Cycle, context: string, cutShort = false): Promise<void> {
    const { plane, snapshotKeys, savedList } = this.sandbox;
    await allRuns(plane);
    this.#endWatch(context);
    const { id, outcome, target } = await this.#lastRecovery();
    assert.equal(outcome, 'committed', context);
    await using etcd = plane.openEtcd();
    assert.deepEqual((await readLiveContent(etcd, target)).keys, snapshotKeys, context);
    assert.deepEqual(await cachedList(plane), savedList, context);
    const after = await this.#state();
    const kept = dataDir === undefined ? `${before.dataDir}.before-${id}` : before.dataDir;
    assert.equal((await stat(join(plane.root, kept))).ino, before.dataDirInode, context);
    assert.equal(after.dataDir, dataDir ?? before.dataDir, context);
    const fence = `etc/kubernetes/holdfast-recover-${id}`;
    const fresh = dataDir === undefined ? [kept] : [dataDir, fence, `${fence}/etcd.yaml`];
    const ledgers = [before.dataDir, after.dataDir].map((path) => `${path}.holdfast-ledger.json`);
    const names = new Set([
      ...before.names,
      ...[...fresh, ...ledgers].map((path) => path.replace(/^\//, '')),
    ]);
    const found = after.names.filter((name) => !cutShort || !isScrap(name));
    assert.deepEqual(found, [...names].sort(), context);
    const { 'etcd.yaml': etcdManifest, ...others } = after.manifests;
    const { 'etcd.yaml': oldManifest, ...oldOthers } = before.manifests;
    assert.deepEqual(others, oldOthers, context);
    if (dataDir === undefined) assert.equal(etcdManifest, oldManifest, context);
    else {
      const kept = await readFile(join(plane.root, fence, 'etcd.yaml'), 'utf8');
      assert.equal(kept, oldManifest, context);
      assert.equal(etcdManifest, withDataDir(oldManifest!, before.dataDir, dataDir), context);
    }
    // Segments of the log are 64 MB each.
    await rm(join(plane.root, kept), { recursive: true });
  }

  /** Data, manifests and names as if nothing had happened, and all of it runs; ends the cycle. */
  async isAsBefore({ before }: Cycle, context: string, cutShort = false): Promise<void> {
    await allRuns(this.sandbox.plane);
    this.#endWatch(context);
    const after = await this.#state();
    // What clients may have seen of the restored cluster is not forgotten.
    const isNew = (name: string) => !before.names.includes(name) && name.includes('.holdfast-ledger.json');
    const names = after.names.filter((name) => !isNew(name) && !(cutShort && isScrap(name)));
    assert.deepEqual(names, before.names, context);
    assert.deepEqual([after.dataDir, after.dataDirInode], [before.dataDir, before.dataDirInode], context);
    assert.ok(isDeepStrictEqual(after.manifests, before.manifests), `${context}: manifests differ`);
    assert.ok(isDeepStrictEqual(after.keys, before.keys), `${context}: keys differ`);
    assert.equal(this.isPending, false, context);
  }

  /** What clients may have seen of a cluster that was taken back is noted, so that the next recovery passes it. */
  async isRemembered({ before }: Cycle, context: string): Promise<void> {
    const { target, outcome } = await this.#lastRecovery();
    assert.equal(outcome, 'rolled-back', context);
    const path = join(this.sandbox.plane.root, `${before.dataDir}.holdfast-ledger.json`);
    const { highWater } = JSON.parse(await readFile(path, 'utf8')) as { highWater: string };
    assert.ok(BigInt(highWater) >= target, `${context}: ${highWater} is below ${target}`);
  }

  /** Killed before anything was journaled: nothing was touched, and there is nothing to finish. */
  async isUntouched(cycle: Cycle, context: string): Promise<void> {
    const refused = await this.holdfast(['recover', '--rollback']);
    expectFailure(refused, { code: 'NO_RECOVERY_PENDING' });
    await this.isAsBefore(cycle, context, true);
  }

  #endWatch(context: string): void {
    try {
      this.#looks += this.#watch.end();
    } catch (error) {
      throw new Error(`${context}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  async #lastRecovery() {
    const directory = join(this.sandbox.plane.root, 'var/lib/holdfast/recover');
    assert.equal(this.isPending, false);
    const last = (await readdir(join(directory, 'closed'))).sort().at(-1)!;
    const lines = (await readFile(join(directory, 'closed', last), 'utf8')).trimEnd().split('\n');
    const { plan } = JSON.parse(lines[0]!) as {
      plan: { id: string; revision: { target: { $bigint: string } } };
    };
    const { outcome } = JSON.parse(lines.at(-1)!) as { outcome: string };
    return { id: plan.id, outcome, target: BigInt(plan.revision.target.$bigint) };
  }

  async #state(): Promise<PlaneState> {
    const { plane } = this.sandbox;
    const files = (await readdir(plane.manifestsDir)).sort();
    const texts = await Promise.all(files.map((name) => readFile(join(plane.manifestsDir, name), 'utf8')));
    const manifests = Object.fromEntries(files.map((name, index) => [name, texts[index]!]));
    const dataDir = /--data-dir=(\S+)/.exec(manifests['etcd.yaml'] ?? '')?.[1] ?? '';
    const { ino: dataDirInode } = await stat(join(plane.root, dataDir));
    await using etcd = plane.openEtcd();
    const { keys } = await readLiveContent(etcd);
    const lasting = new Map([...keys].filter(([key]) => !changesByItself(key)));
    return { manifests, dataDir, dataDirInode, keys: lasting, names: await namesOf(plane.root) };
  }
}

/** Files that never got their name, and the lock of a process that is gone: the next recovery takes them away. */
function isScrap(name: string): boolean {
  return /^run\/holdfast\/recover\.lock|\/journal\.jsonl\.part|\.holdfast-ledger\.json\.part/.test(name);
}

/** Kills at a change that the program makes below a directory: a module to load ahead of it. */
export function killAtChange(directory: string, record: string, step: number): string {
  const url = pathToFileURL(join(import.meta.dirname, 'kill-at-step.ts'));
  url.search = String(new URLSearchParams({ directory, record, step: String(step), signal: 'SIGKILL' }));
  return url.href;
}

function withDataDir(text: string, from: string, to: string): string {
  const lines = text
    .split('\n')
    .map((line) => (line.endsWith(from) ? `${line.slice(0, -from.length)}${to}` : line));
  return lines.join('\n');
}

/** Leases of what runs, and the API server's own mark. */
function changesByItself(key: string): boolean {
  return /^\/registry\/(masterleases|leases)\//.test(Buffer.from(key, 'base64').toString());
}

/** Everything that a recovery could leave behind, except inside data dirs and closed journals. */
async function namesOf(root: string): Promise<string[]> {
  const inside = async (path: string, depth: number): Promise<string[]> => {
    const entries = await readdir(join(root, path), { withFileTypes: true });
    const lists = entries.map(async (entry) => {
      const name = `${path}/${entry.name}`;
      const isDataDir = /^var\/lib\/etcd[^/]*$/.test(name) && !name.endsWith('.json');
      if (!entry.isDirectory() || isDataDir || depth === 0) return [name];
      return [name, ...(await inside(name, depth - 1))];
    });
    return (await Promise.all(lists)).flat();
  };
  const all = [
    ...(await inside('etc/kubernetes', 1)),
    ...(await inside('var/lib', 3)),
    ...(await inside('run', 1)),
  ];
  return all
    .filter(
      (name) =>
        !/^run\/static-pods\/|^run\/holdfast$|^var\/lib\/holdfast(\/recover(\/closed(\/[^/]+)?)?)?$/.test(
          name,
        ),
    )
    .sort();
}
