import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KmsPluginProgram } from '../peers/index.ts';
import { type StartedProcess, startProcess } from './started-process.ts';

export interface KmsPluginOptions {
  readonly program: KmsPluginProgram;
  /** For its socket, its key and its log. Plugins in one directory have one key. */
  readonly directory: string;
  /** `@name` for an abstract socket; `kms.sock` in the directory by default. */
  readonly socket?: string;
  readonly keyId?: string;
  /** Answer with another key than the one that was wrapped. */
  readonly wrongKey?: boolean;
}

/** A running KMS plugin. Disposing stops it; another one on the same directory is the same one restarted. */
export interface KmsPluginServer extends StartedProcess {
  /** As an EncryptionConfiguration names it. */
  readonly endpoint: string;
  readonly socket: string;
  /** How many times a version was asked to unwrap a key, by all plugins of the directory. */
  decryptions(version: 'v1' | 'v2'): Promise<number>;
  /** Resolves when it stands still, as one that hangs does, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): void;
}

const startTimeoutMs = 60_000;

export async function startKmsPlugin(options: KmsPluginOptions): Promise<KmsPluginServer> {
  const { directory, socket = join(directory, 'kms.sock'), program } = options;
  const logFile = join(directory, 'kms-plugin.log');
  const words = [`--socket=${socket}`, `--key-file=${await keyFileIn(directory)}`];
  if (options.keyId !== undefined) words.push(`--key-id=${options.keyId}`);
  if (options.wrongKey === true) words.push('--wrong-key');
  const child = await startProcess(program.path, words, { logFile });
  await accepting(child, socket, logFile);
  return Object.assign(child, {
    endpoint: socket.startsWith('@') ? `unix:///${socket}` : `unix://${socket}`,
    socket,
    async decryptions(version: 'v1' | 'v2') {
      const log = await readFile(logFile, 'utf8');
      return log.split('\n').filter((line) => line === `${version} decrypt`).length;
    },
    async freeze() {
      process.kill(child.pid, 'SIGSTOP');
      while (!(await standsStill(child.pid))) await delay(1);
    },
    thaw: () => process.kill(child.pid, 'SIGCONT'),
  });
}

async function keyFileIn(directory: string): Promise<string> {
  const path = join(directory, 'wrapping-key');
  try {
    await writeFile(path, randomBytes(32), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return path;
}

async function accepting(child: StartedProcess, socket: string, logFile: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (!(await accepts(socket.replace(/^@/, '\0')))) {
    if (child.ended === undefined && performance.now() < deadline) await delay(20);
    else {
      await child.kill();
      throw new Error(`the KMS plugin does not serve (${child.ended}): ${await readFile(logFile, 'utf8')}`);
    }
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A stopped process may still run on another core for a moment: all of its threads have to be at rest. */
async function standsStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(
    threads.map(async (id) => {
      // One that has ended since the look is asked for again, and not found.
      const stat = await readFile(`/proc/${pid}/task/${id}/stat`, 'utf8').catch(() => '');
      return /\) (\S) /.exec(stat)?.[1];
    }),
  );
  return states.every((state) => state === 'T');
}
