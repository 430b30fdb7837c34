/**
 * Three control-plane hosts of one cluster, saved and then changed, and the single-file program on the bastion. sshd
 * and etcd are the real ones; kubelet, API server, controller manager and scheduler are stand-ins.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { saveSnapshot } from '../../src/operations/save/index.ts';
import { type RunningHoldfast, startHoldfast } from '../faults/holdfast-process.ts';
import { type PeerLine, requirePeer } from '../peers/index.ts';
import { type HostLab, requireHostLab, startHostLab } from '../support/host-lab/index.ts';
import { type LiveKeys, readFileContent } from '../support/live-keys.ts';
import { mustRun, type RunResult } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';
import { freshList, writeMore } from './recover-sandbox.ts';

/** Disposing stops everything and removes the directory. */
export interface ThreeHosts extends AsyncDisposable {
  readonly lab: HostLab;
  readonly names: readonly string[];
  /** The single-file program, as the bastion sees it. */
  readonly program: string;
  /** On the bastion, for files of the test. */
  readonly directory: string;
  readonly snapshotPath: string;
  /** Every key of the snapshot, with its value and revisions. */
  readonly snapshotKeys: LiveKeys;
  /** What the API server listed when it was saved. */
  readonly savedList: readonly string[];
  /** Starts the program on the bastion. */
  start(args: readonly string[]): OnBastion;
  /** Runs it to its end, whatever its exit status. */
  run(args: readonly string[]): Promise<RunResult>;
  /** A path of a host, as this process sees it. */
  path(name: string, hostPath: string): string;
}

/** The program at work on the bastion. */
export interface OnBastion extends RunningHoldfast {
  /** Resolves when it has printed these words; rejects when it ends without them. */
  printed(words: string): Promise<void>;
}

export interface ThreeHostsOptions {
  /** Done before the snapshot is saved. */
  readonly prepare?: (lab: HostLab) => Promise<void>;
}

/** Undefined after the test has been skipped: no such etcd, or no hosts can be made here. */
export async function openThreeHosts(
  t: TestContext,
  line: PeerLine,
  { prepare }: ThreeHostsOptions = {},
): Promise<ThreeHosts | undefined> {
  const etcd = await requirePeer(t, line);
  if (etcd === undefined || !(await requireHostLab(t))) return undefined;
  await using opening = new AsyncDisposableStack();
  const { path: directory } = opening.use(await tempDir('three-hosts'));
  const program = await packageProgram(directory);
  const lab = opening.use(await startHostLab({ etcd }));
  await prepare?.(lab);
  const snapshotPath = join(directory, 'snapshot.db');
  const first = lab.controlPlane('cp1');
  const client = first.etcdClientOptions;
  await saveSnapshot({ client, target: { path: snapshotPath } }, operationContext());
  const savedList = await freshList(first);
  await writeMore(first, '2');
  const taken = opening.move();
  return {
    lab,
    names: lab.hosts.map(({ name }) => name),
    program,
    directory,
    snapshotPath,
    snapshotKeys: readFileContent(snapshotPath).keys,
    savedList,
    start: (args) => startOnBastion(lab, program, args),
    run: (args) => startOnBastion(lab, program, args).ended,
    path: (name, hostPath) => join(lab.host(name).rootDir, hostPath),
    [Symbol.asyncDispose]: () => taken.disposeAsync(),
  };
}

/** Made of the sources as they are, in a directory of its own: it finds itself when it is to be placed. */
async function packageProgram(directory: string): Promise<string> {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'package.ts');
  await mustRun(process.execPath, [script, '--out', directory, process.execPath], {
    timeoutMs: 300_000,
    env: { TMPDIR: directory },
  });
  return join(directory, `holdfast-linux-${process.arch}`);
}

function startOnBastion(lab: HostLab, program: string, args: readonly string[]): OnBastion {
  let text = '';
  const running = startHoldfast(args, {
    // It becomes the program: signals reach it.
    command: [...lab.bastion, program],
    timeoutMs: 240_000,
    onStderr: (piece) => (text += piece),
  });
  running.stdout.on('data', (bytes: Uint8Array) => (text += Buffer.from(bytes).toString()));
  const printed = async (words: string) => {
    let ended = false;
    void running.ended.finally(() => (ended = true)).catch(() => undefined);
    await eventually(240_000, `it prints ${words}`, () => {
      if (text.includes(words)) return Promise.resolve(true);
      if (ended) return Promise.resolve(false);
      return Promise.resolve(undefined);
    });
    assert.ok(text.includes(words), `it ended without ${words}:\n${text}`);
  };
  return { ...running, printed };
}
