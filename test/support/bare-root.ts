import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun, runCommand, type RunOptions, type RunResult } from './run-command.ts';
import { tempDir } from './temp-dir.ts';

/** A root directory with one program, the libraries that it is linked with, and nothing else: no shell, no Node. */
export interface BareRoot extends AsyncDisposable {
  /** The one directory there that can be written to, as seen from here; `/data` inside. */
  readonly data: string;
  /** Runs the program in it: read-only but for `/data`, with this machine's `/proc`, `/dev` and network. */
  run(args: readonly string[], options?: Partial<RunOptions>): Promise<RunResult>;
}

/** Mounts made here are gone with the process. */
const enter = `set -e
root=$1
shift
mount --bind "$root" "$root"
mount --bind "$root/data" "$root/data"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec chroot "$root" /program "$@"`;

/** Mounting needs to be root, or to be root in a name space of one's own. */
const unshare = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

/**
 * The root for a test, or undefined after the test has been skipped with the reason; the caller returns then. Under
 * `CI=true` a machine that cannot do this fails the test.
 */
export async function requireBareRoot(t: TestContext, program: string): Promise<BareRoot | undefined> {
  const trial = await runCommand('unshare', [...unshare, 'mount', '--bind', '/mnt', '/mnt'], {
    timeoutMs: 20_000,
  }).catch((error: unknown) => ({ exitCode: null, stderr: String(error) }));
  if (trial.exitCode === 0) return await openBareRoot(program);
  const reason = `no root directory of its own can be had here: ${trial.stderr.trim()}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return undefined;
}

async function openBareRoot(program: string): Promise<BareRoot> {
  const root = await tempDir('bare-root');
  const { path } = root;
  for (const name of ['proc', 'dev', 'data']) await mkdir(join(path, name));
  for (const library of await librariesOf(program)) {
    await mkdir(dirname(join(path, library)), { recursive: true });
    await copyFile(library, join(path, library));
  }
  await copyFile(program, join(path, 'program'));
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

/** The loader and the libraries of a program; a link is named by its own path and copied as what it points to. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await mustRun('ldd', [program], { timeoutMs: 20_000 });
  return Array.from(stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm), (match) => match[1]!);
}
