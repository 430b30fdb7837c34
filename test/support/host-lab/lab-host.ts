import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunOptions, type RunResult, mustRun, runCommand } from '../run-command.ts';
import { type NamespaceProcess, type Namespaces, namespaceOf, processesIn } from './namespaces.ts';
import type { HostAddress } from './ssh-access.ts';
import { type WireEnd, setCarrier, unplug } from './wire.ts';

/** A machine of the lab: namespaces with a root directory, processes, a network interface and a name of their own. */
export interface LabHost extends HostAddress {
  /**
   * Its root directory as this process sees it, also while it is off. `/usr` and the like are mounted only inside;
   * follow no absolute symlinks.
   */
  readonly rootDir: string;
  /** What to give `ssh -F <lab.ssh.configFile>`, or any ssh on the bastion. */
  readonly sshDestination: string;
  readonly on: boolean;
  /** Put before a command, it runs in the host, with this process's environment; it throws while the host is off. */
  readonly enter: readonly string[];
  /** A number that differs with every host and every start of it: the namespace of its processes. */
  readonly pidNamespace: string | undefined;
  /** Runs a program of the host in the host, as root. Ends by itself when the host is killed or the time is over. */
  run(argv: readonly string[], options?: Partial<RunOptions>): Promise<RunResult>;
  /** The same, rejecting unless it succeeds; resolves to its standard output. */
  mustRun(argv: readonly string[], options?: Partial<RunOptions>): Promise<string>;
  /** Every process of the host, its pids as the test's own process namespace counts. */
  processes(): Promise<NamespaceProcess[]>;
  /** Power off without warning. Its disk stays as it is at that moment; the page cache is not lost. */
  kill(): Promise<void>;
  /** Power on: everything starts anew from what is on the disk. Resolves when sshd listens and the runner watches. */
  start(): Promise<void>;
  /** Unplugs the network cable: nobody is told, packets just get lost. */
  unreachable(): Promise<void>;
  /** Plugs the cable in again. */
  reachable(): Promise<void>;
  /** Leaves so many bytes, none by default, free on the disk that holds `/var/lib/etcd`. */
  fillDisk(leaveBytes?: number): Promise<void>;
  /** Undoes `fillDisk`. */
  freeDisk(): Promise<void>;
}

/** What starts in a host when it is switched on, after its network is up. */
export type BootStep = (host: LabHost) => Promise<void>;

export interface LabHostOptions extends HostAddress {
  readonly rootDir: string;
  readonly lab: Namespaces;
  readonly wireEnd: WireEnd;
  /** Makes the namespaces and connects them; called at every start. */
  readonly powerOn: () => Promise<Namespaces>;
  readonly boot: readonly BootStep[];
  /** Host path of a file on the disk that holds `/var/lib/etcd`. */
  readonly filler: string;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A host that is off. */
export function createLabHost(options: LabHostOptions): LabHost {
  let namespaces: Namespaces | undefined;
  let pidNamespace: string | undefined;
  const current = (): Namespaces => {
    if (namespaces?.running !== true) throw new Error(`${options.name} is off`);
    return namespaces;
  };
  const run: LabHost['run'] = (argv, { env = {}, ...more } = {}) => {
    const words = insideWords(current(), env, argv);
    return runCommand('nsenter', words, { timeoutMs: 60_000, ...more });
  };
  const runInside: LabHost['mustRun'] = async (argv, { env = {}, ...more } = {}) => {
    const words = insideWords(current(), env, argv);
    return (await mustRun('nsenter', words, { timeoutMs: 60_000, ...more })).stdout;
  };
  const host: LabHost = {
    name: options.name,
    address: options.address,
    rootDir: options.rootDir,
    sshDestination: options.name,
    get on() {
      return namespaces?.running === true;
    },
    get enter() {
      return ['nsenter', ...enterWords(current())];
    },
    get pidNamespace() {
      return host.on ? pidNamespace : undefined;
    },
    run,
    mustRun: runInside,
    processes: async () => (host.on ? processesIn('pid', pidNamespace!) : []),
    async kill() {
      await namespaces?.kill();
      await unplug(options.lab, options.wireEnd);
    },
    async start() {
      if (host.on) throw new Error(`${options.name} is on already`);
      namespaces = await options.powerOn();
      pidNamespace = await namespaceOf(namespaces.initPid, 'pid');
      for (const step of options.boot) await step(host);
    },
    unreachable: () => setCarrier(options.lab, options.wireEnd, 'down'),
    reachable: () => setCarrier(options.lab, options.wireEnd, 'up'),
    async fillDisk(leaveBytes = 0) {
      await runInside(['sh', '-c', fillScript, 'sh', options.filler, String(leaveBytes)]);
    },
    freeDisk: () => rm(join(options.rootDir, options.filler), { force: true }),
  };
  return host;
}

/**
 * Allocates what `df` calls available, which is what the disk's file system will still give; again when somebody else
 * has taken some of it between the look and the act.
 */
const fillScript = `set -eu
fill() {
  available=$(df --block-size=1 --output=avail "$(dirname "$1")" | tail -n 1)
  fallocate --length "$((available - $2))" "$1"
}
fill "$@" || { rm -f "$1"; fill "$@"; } || { rm -f "$1"; fill "$@"; }`;

/** Arguments of `nsenter` for a command inside; it dies with its starter, wherever that one is. */
function insideWords(
  namespaces: Namespaces,
  env: NonNullable<RunOptions['env']>,
  argv: readonly string[],
): string[] {
  const variables = Object.entries({ HOME: '/root', USER: 'root', LANG: 'C.UTF-8', PATH: path, ...env });
  return [
    ...enterWords(namespaces),
    ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ...['env', '-i', ...variables.map(([name, value]) => `${name}=${value}`), ...argv],
  ];
}

function enterWords({ initPid }: Namespaces): string[] {
  return [`--target=${initPid}`, '--mount', '--net', '--pid', '--uts', '--ipc', '--'];
}
