import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeLayout } from '../control-plane/index.ts';

/** The programs of the sandbox's node. */
export interface DemoPrograms {
  /** The start of an argv: what runs a stand-in (`static-pods`, `etcd`, `kube-apiserver`, `controller`) by its name. */
  readonly standIn: readonly string[];
  /** A real etcd instead of its stand-in. */
  readonly etcd?: string;
}

/** What runs a node's static pods in place of the kubelet. Disposing stops it with everything that it runs. */
export interface SandboxRunner extends AsyncDisposable {
  readonly pid: number;
  /** How it ended; undefined while it runs. */
  readonly ended: string | undefined;
  /** Lets go of it: it runs on when this process ends, and disposing does nothing any more. */
  letGo(): void;
}

const stopGraceMs = 10_000;

/**
 * Starts a node's runner. It ends with this process, however that ends, because its standard input does. A group of its
 * own keeps Ctrl-C at the terminal away from it: who stops it is this process, when it is done with it.
 * Rejects with the system's error when it cannot be started.
 */
export async function startSandboxRunner(
  { root, hostPaths }: NodeLayout,
  { standIn, etcd }: DemoPrograms,
): Promise<SandboxRunner> {
  const stateDir = join(root, 'run', 'static-pods');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const programsFile = join(stateDir, 'programs.json');
  await writeFile(programsFile, JSON.stringify(programTable(standIn, etcd)), { mode: 0o600 });
  await using log = await open(join(stateDir, 'runner.log'), 'a', 0o600);
  const [file = '', ...words] = standIn;
  const flags = [`--root=${root}`, `--config=${hostPaths.kubeletConfigFile}`, `--programs=${programsFile}`];
  const child = spawn(file, [...words, 'static-pods', ...flags], {
    argv0: 'static-pods',
    cwd: root,
    stdio: ['pipe', log.fd, log.fd],
    detached: true,
  });
  await once(child, 'spawn');
  return handleOf(child);
}

function handleOf(child: ChildProcess): SandboxRunner {
  let ended: string | undefined;
  let isOurs = true;
  const whenEnded = new Promise<void>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      ended = signal === null ? `exit status ${exitCode ?? 'unknown'}` : `signal ${signal}`;
      resolve();
    });
  });
  // A runner that has ended takes no more words.
  child.stdin!.on('error', () => {});
  return {
    pid: child.pid!,
    get ended() {
      return ended;
    },
    letGo() {
      isOurs = false;
      child.stdin!.end('stay\n');
      child.unref();
    },
    async [Symbol.asyncDispose]() {
      if (!isOurs || ended !== undefined) return;
      // Everything at once, without the pods' grace periods.
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      await whenEnded;
      clearTimeout(timer);
    },
  };
}

function programTable(
  standIn: readonly string[],
  etcd: string | undefined,
): Readonly<Record<string, readonly string[]>> {
  const controller = (component: string) => [...standIn, 'controller', `--component=${component}`];
  return {
    etcd: etcd === undefined ? [...standIn, 'etcd'] : [etcd],
    'kube-apiserver': [...standIn, 'kube-apiserver'],
    'kube-controller-manager': controller('kube-controller-manager'),
    'kube-scheduler': controller('kube-scheduler'),
  };
}
