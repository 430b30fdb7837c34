import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand } from '../support/run-command.ts';
import { type DebianRecipe, installDebianPackages, machineCodename } from './debian-package.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

/** The real ssh server. */
export interface Sshd {
  /** An absolute path, as sshd wants to be called by. */
  readonly path: string;
  /** As it says itself, for example `OpenSSH_9.2p1`. */
  readonly version: string;
  /** What it needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Lines that its configuration needs, because its parts are not where it was built to be. */
  readonly configLines: readonly string[];
}

const installed = '/usr/sbin/sshd';

/**
 * The machine's own sshd, or the one of the machine's Debian release out of its packages; nothing is installed.
 * Its libraries are the machine's: Debian's ssh client needs most of them. Rejects with the reason when there is none.
 */
export function sshd(): Promise<Sshd> {
  found ??= find();
  return found;
}

let found: Promise<Sshd> | undefined;

/** The ssh server for a test, or undefined after the test has been skipped; under `CI=true` the test fails instead. */
export async function requireSshd(t: TestContext): Promise<Sshd | undefined> {
  try {
    return await sshd();
  } catch (error) {
    const reason = `sshd cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
}

async function find(): Promise<Sshd> {
  if (await exists(installed)) {
    return { path: installed, version: await versionOf(installed, {}), env: {}, configLines: [] };
  }
  const suite = await machineCodename();
  if (suite === undefined) throw new Error('it is not installed, and this machine is no Debian release');
  const recipe: DebianRecipe = {
    kind: 'debian',
    suites: [suite],
    // The library is needed by sshd and by little else.
    packages: ['openssh-server', 'libwrap0'],
    directories: { sbin: 'usr/sbin', lib: 'usr/lib' },
  };
  const directory = await installOnce({
    root: peersDirectory(),
    name: 'sshd',
    recipe: JSON.stringify(recipe),
    retryFailed: false,
    install: (target) =>
      installDebianPackages(recipe, target, async (root) => (await unpackedSshd(root)).version !== ''),
  });
  return unpackedSshd(directory);
}

async function unpackedSshd(directory: string): Promise<Sshd> {
  const path = join(directory, 'sbin', 'sshd');
  const lib = join(directory, 'lib');
  const triplet = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const env = { LD_LIBRARY_PATH: join(lib, triplet) };
  // From OpenSSH 9.8 on the server is several programs.
  const parts = [
    ['SshdSessionPath', join(lib, 'openssh', 'sshd-session')],
    ['SshdAuthPath', join(lib, 'openssh', 'sshd-auth')],
  ] as const;
  const configLines: string[] = [];
  for (const [option, part] of parts) if (await exists(part)) configLines.push(`${option} ${part}`);
  return { path, version: await versionOf(path, env), env, configLines };
}

/** Every release prints its version when it does not understand an option. */
async function versionOf(path: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stderr } = await runCommand(path, ['-?'], { timeoutMs: 60_000, env });
  const version = /\bOpenSSH_[^\s,]+/.exec(stderr)?.[0];
  if (version === undefined) throw new Error(`${path} says ${JSON.stringify(stderr.trim())}`);
  return version;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
