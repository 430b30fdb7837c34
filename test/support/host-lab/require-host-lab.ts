import type { TestContext } from 'node:test';
import { sshd } from '../../peers/index.ts';
import { runCommand } from '../run-command.ts';

/**
 * Whether hosts can be made here: by root, on Linux, with the programs that it takes. When not, the test has been
 * skipped with the reason; under `CI=true` it fails instead.
 */
export async function requireHostLab(t: TestContext): Promise<boolean> {
  const reason = await obstacle();
  if (reason === undefined) return true;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return false;
}

const programs = ['ip', 'mount', 'nsenter', 'pivot_root', 'setpriv', 'fallocate', 'ssh', 'ssh-keygen'];

async function obstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can make hosts';
  try {
    const unshare = ['--fork', '--kill-child=KILL', '--pid', '--mount', '--net', '--uts', '--ipc'];
    // A tmpfs, a bridge and a pair of interfaces are what a container without privileges is refused.
    const script = `set -e
      for program in ${programs.join(' ')}; do command -v $program || { echo no $program >&2; exit 1; }; done
      mount -t tmpfs tmpfs /mnt
      ip link add name wire type bridge
      ip link add name here type veth peer name there`;
    const tried = await runCommand('unshare', [...unshare, 'sh', '-c', script], { timeoutMs: 60_000 });
    if (tried.exitCode !== 0) throw new Error(tried.stderr.trim());
    await sshd();
    return undefined;
  } catch (error) {
    return `no hosts can be made here: ${error instanceof Error ? error.message : String(error)}`;
  }
}
