import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Sshd } from '../peers/index.ts';
import { freePort } from './free-ports.ts';
import { mustRun } from './run-command.ts';
import { signalIfThere, startProcess } from './started-process.ts';
import { type TempDir, tempDir } from './temp-dir.ts';
import { eventually } from './waiting.ts';

export interface SshHostOptions {
  /** What clients call it; `cp1` by default. */
  readonly name?: string;
  readonly address?: string;
  /** A free port by default. */
  readonly port?: number;
  /** Put before the server's command line, for example to run it in a network namespace. */
  readonly prefix?: readonly string[];
  /** More lines for sshd_config. */
  readonly configLines?: readonly string[];
}

/** A running ssh server that lets one key in, and what a client needs to reach it and to trust it. */
export interface RunningSshd extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** For `ssh -F`: knows the server by its name, its host key and the key to come in with. */
  readonly clientConfig: string;
  readonly knownHosts: string;
  readonly hostKey: string;
  readonly clientKey: string;
  /** The home directory of whoever logs in. */
  readonly home: string;
  log(): Promise<string>;
  /** Kills the server and every program that runs over it, as a power failure would. */
  crash(): Promise<void>;
}

/**
 * Root's sshd needs a user `sshd` and an empty `/run/sshd`. They exist in a mount namespace of its own, where nothing
 * of the machine is changed; nor does anybody's own shell or ssh configuration play a part.
 */
const enter = `set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 755 /run/sshd
shift
exec "$@"`;

/** Starts the server on the loopback address, as whoever runs the tests; only they can log in. */
export async function startSshd(sshd: Sshd, options: SshHostOptions = {}): Promise<RunningSshd> {
  const { name = 'cp1', address = '127.0.0.1', prefix = [] } = options;
  const dir = await tempDir('sshd');
  try {
    const port = options.port ?? (await freePort());
    const files = await writeFiles(dir.path, sshd, { ...options, name, address, port });
    const isolated =
      process.getuid?.() === 0 ? ['unshare', '--mount', 'sh', '-c', enter, 'sh', dir.path] : [];
    const command = [...prefix, ...isolated, sshd.path, '-D', '-e', '-f', files.serverConfig];
    const started = await startProcess(command[0]!, command.slice(1), {
      logFile: files.logFile,
      env: sshd.env,
    });
    const log = () => readFile(files.logFile, 'utf8');
    const stop = async () => {
      await killTree(started.pid);
      await started.whenEnded;
    };
    const dispose = async () => {
      await stop();
      await dir[Symbol.asyncDispose]();
    };
    try {
      await eventually(30_000, 'sshd listens', async () => {
        const text = await log();
        if (started.ended !== undefined) throw new Error(`sshd ended with ${started.ended}: ${text}`);
        return text.includes('Server listening on') ? true : undefined;
      });
    } catch (error) {
      await stop();
      throw error;
    }
    return { name, port, pid: started.pid, ...files, log, crash: stop, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}

/** Every name is set, so that the machine's own settings do not matter. */
async function writeFiles(
  directory: TempDir['path'],
  sshd: Sshd,
  options: SshHostOptions & { readonly name: string; readonly address: string; readonly port: number },
) {
  const path = (file: string) => join(directory, file);
  const files = {
    clientConfig: path('ssh_config'),
    knownHosts: path('known_hosts'),
    hostKey: path('host_key'),
    clientKey: path('client_key'),
    home: path('home'),
    serverConfig: path('sshd_config'),
    logFile: path('sshd.log'),
  };
  await mkdir(files.home);
  await makeSshKey(files.hostKey);
  await makeSshKey(files.clientKey);
  await writeFile(files.knownHosts, `${options.name} ${await readFile(`${files.hostKey}.pub`, 'utf8')}`);
  const nologin = '/usr/sbin/nologin';
  await writeFile(path('passwd'), `root:x:0:0::${files.home}:/bin/sh\nsshd:x:74:74::/run/sshd:${nologin}\n`);
  await writeFile(path('shadow'), 'root:*:19000::::::\nsshd:*:19000::::::\n', { mode: 0o600 });
  const server = [
    `Port ${options.port}`,
    `ListenAddress ${options.address}`,
    `HostKey ${files.hostKey}`,
    `AuthorizedKeysFile ${files.clientKey}.pub`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'StrictModes no',
    // Who cannot read the passwords would take every account for locked; PAM has a helper for that.
    process.getuid?.() === 0 ? 'UsePAM no' : 'UsePAM yes',
    'PidFile none',
    ...sshd.configLines,
    ...(options.configLines ?? []),
  ];
  await writeFile(files.serverConfig, `${server.join('\n')}\n`);
  const client = [
    `Host ${options.name}`,
    `HostName ${options.address}`,
    `HostKeyAlias ${options.name}`,
    `Port ${options.port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${files.clientKey}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile ${files.knownHosts}`,
    'GlobalKnownHostsFile /dev/null',
  ];
  await writeFile(files.clientConfig, `${client.join('\n')}\n`);
  return files;
}

/** A key pair without a passphrase, at this path and with `.pub`. */
export async function makeSshKey(path: string): Promise<void> {
  await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path], {
    timeoutMs: 30_000,
  });
}

/** Kills a process of ours and everything below it. */
async function killTree(pid: number): Promise<void> {
  for (const one of await stopTree(pid)) signalIfThere(one, 'SIGKILL');
}

/**
 * Stops a process and everything below it, the top first: what is stopped starts nothing new, and does not end, so that
 * whatever it has started stays below it.
 */
async function stopTree(pid: number): Promise<number[]> {
  signalIfThere(pid, 'SIGSTOP');
  const pids = [pid];
  for (const child of await childrenOf(pid)) pids.push(...(await stopTree(child)));
  return pids;
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) =>
    list
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  );
}
