import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun, runCommand, type RunOptions, type RunResult } from './run-command.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

/** A root directory with one program, the libraries that it is linked with, and nothing else: no shell, no Node. */
export interface BareRoot extends AsyncDisposable {
  /** The one directory there that can be written to, as seen from here; `/data` inside. */
  readonly data: string;
  /** Runs the program in it: read-only but for `/data`, with this machine's `/proc`, `/dev` and network. */
  run(args: readonly string[], options?: Partial<RunOptions>): Promise<RunResult>;
}

/** Makes of the directory `$1` what a root needs to be; the mounts are gone with the process. */
const mounts = `set -e
root=$1
shift
mount --bind "$root" "$root"
mount --bind "$root/data" "$root/data"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"`;

/** Mounting needs to be root, or to be root in a name space of one's own. */
const unshare = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

/**
 * The root for a test, or undefined after the test has been skipped with the reason; the caller returns then. Under
 * `CI=true` a machine that cannot do this fails the test.
 */
export async function requireBareRoot(t: TestContext, program: string): Promise<BareRoot | undefined> {
  try {
    await using trial = await emptyRoot();
    await mustRun('unshare', [...unshare, 'sh', '-c', mounts, 'sh', trial.path], { timeoutMs: 60_000 });
  } catch (error) {
    const reason = `no root directory of its own can be had here: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
  return await openBareRoot(program);
}

async function openBareRoot(program: string): Promise<BareRoot> {
  const root = await emptyRoot();
  const { path } = root;
  for (const library of await librariesOf(program)) {
    await mkdir(dirname(join(path, library)), { recursive: true });
    await copyFile(library, join(path, library));
  }
  await copyFile(program, join(path, 'program'));
  const enter = `${mounts}\nexec chroot "$root" /program "$@"`;
  return {
    data: join(path, 'data'),
    run: (args, options = {}) =>
      runCommand('unshare', [...unshare, 'sh', '-c', enter, 'sh', path, ...args], {
        timeoutMs: 60_000,
        ...options,
      }),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}

async function emptyRoot(): Promise<TempDir> {
  const root = await tempDir('bare-root');
  for (const name of ['proc', 'dev', 'data']) await mkdir(join(root.path, name));
  return root;
}

/** The loader and the libraries of a program; a link is named by its own path and copied as what it points to. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await mustRun('ldd', [program], { timeoutMs: 60_000 });
  return Array.from(stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm), (match) => match[1]!);
}
