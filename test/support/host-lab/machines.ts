import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { peersDirectory } from '../../peers/index.ts';
import { type RunOptions, type RunResult, runCommand } from '../run-command.ts';
import { killIfThere } from '../started-process.ts';
import { tempDir } from '../temp-dir.ts';
import { formatHostsFile, writeHostFiles, writeHostSsh } from './host-files.ts';
import { type BootStep, type LabHost, createLabHost } from './lab-host.ts';
import { type Namespaces, namespaceOf, processesIn, startNamespaces } from './namespaces.ts';
import { type HostAddress, type SshAccess, makeSshKey, writeSshAccess } from './ssh-access.ts';
import { type WireEnd, bastionPrefix, plugIn } from './wire.ts';

export interface MachinesOptions {
  /** How many hosts, named `cp1`, `cp2` …; three by default. */
  readonly hosts?: number;
  /** Size of each host's disk, 2 GiB by default. It is in memory: only what is used costs anything. */
  readonly diskBytes?: number;
  /** Gives `/var/lib/etcd` a disk of its own, of this size, mounted there. */
  readonly etcdDiskBytes?: number;
  /** Run in each host whenever it is switched on. */
  readonly boot?: readonly BootStep[];
}

/** Where a host has the Node program of the tests. */
export const nodeInHost = '/opt/lab/node';

/** Several machines in one: hosts and a bastion on one wire, with no way to the outside. */
export interface Machines extends AsyncDisposable {
  readonly hosts: readonly LabHost[];
  /** Also every machine's `/etc/hosts`. */
  readonly bastionAddress: string;
  /** Put before a command, it runs on the bastion: with the lab's network, ssh configuration and `/etc/hosts`. */
  readonly bastion: readonly string[];
  readonly ssh: SshAccess;
  /** The process whose end is the end of everything. */
  readonly initPid: number;
  host(name: string): LabHost;
  /** Runs a program on the bastion, with this process's environment. */
  run(argv: readonly string[], options?: Partial<RunOptions>): Promise<RunResult>;
  /** Switches every host off and takes the lab down: no process, mount or interface of it stays. */
  stop(): Promise<void>;
}

/** The lab's network is its own: every lab may have the same addresses. */
const network = '10.88.0';
const prefixLength = 24;
const bastionAddress = `${network}.1`;
const checkout = join(import.meta.dirname, '..', '..', '..');

/** Lays out the machines, all of them off. */
export async function buildMachines(options: MachinesOptions): Promise<Machines> {
  await using building = new AsyncDisposableStack();
  const dir = building.use(await tempDir('host-lab'));
  const addresses = planAddresses(options.hosts ?? 3);
  const ssh = await writeSshFiles(join(dir.path, 'ssh'), addresses);
  await mkdir(join(dir.path, 'etc'));
  const hostsFile = formatHostsFile(bastionAddress, addresses);
  await writeFile(join(dir.path, 'etc', 'hosts'), hostsFile);
  await writeFile(join(dir.path, 'plain'), 'no program\n');

  const lab = await startNamespaces('lab-init.sh', labArguments(dir.path, options, addresses), {
    logFile: join(dir.path, 'lab.log'),
  });
  building.defer(() => endLab(lab));
  const hosts = addresses.map((address, index) => defineHost(dir.path, lab, address, index, options));
  for (const host of hosts) {
    await writeHostFiles(host.rootDir, host.name, hostsFile);
    await writeHostSsh(host.rootDir, hostKeyFile(join(dir.path, 'ssh'), host.name), addresses, ssh);
  }
  const taken = building.move();
  return {
    hosts,
    bastionAddress,
    bastion: bastionPrefix(lab),
    ssh,
    initPid: lab.initPid,
    run: (argv, more = {}) => {
      const [file, ...words] = [...bastionPrefix(lab), ...argv];
      return runCommand(file!, words, { timeoutMs: 60_000, ...more });
    },
    host: (name) => {
      const host = hosts.find((candidate) => candidate.name === name);
      if (host === undefined) throw new Error(`there is no host ${name}`);
      return host;
    },
    stop: () => taken.disposeAsync(),
    [Symbol.asyncDispose]: () => taken.disposeAsync(),
  };
}

function planAddresses(count: number): HostAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `cp${index + 1}`,
    address: `${network}.${11 + index}`,
  }));
}

async function writeSshFiles(directory: string, addresses: readonly HostAddress[]): Promise<SshAccess> {
  await mkdir(directory, { mode: 0o700 });
  const keys = addresses.map(async (address) => ({
    ...address,
    publicKey: await makeSshKey(hostKeyFile(directory, address.name), `root@${address.name}`),
  }));
  return writeSshAccess(directory, await Promise.all(keys));
}

function hostKeyFile(directory: string, name: string): string {
  return join(directory, `host-${name}`);
}

function labArguments(directory: string, options: MachinesOptions, hosts: readonly HostAddress[]): string[] {
  const { diskBytes = 2 * 1024 ** 3, etcdDiskBytes } = options;
  const disks = hosts.flatMap(({ name }) => [
    `${name}:${diskBytes}`,
    ...(etcdDiskBytes === undefined ? [] : [`${name}/var/lib/etcd:${etcdDiskBytes}`]),
  ]);
  return [directory, `${bastionAddress}/${prefixLength}`, ...disks];
}

function defineHost(
  directory: string,
  lab: Namespaces,
  { name, address }: HostAddress,
  index: number,
  options: MachinesOptions,
): LabHost {
  const hardwareAddress = `02:00:0a:58:00:${(11 + index).toString(16).padStart(2, '0')}`;
  const wireEnd: WireEnd = { name, address, prefixLength, hardwareAddress };
  const shown = [...new Set([resolve(checkout), resolve(peersDirectory())])];
  let boots = 0;
  return createLabHost({
    name,
    address,
    rootDir: `/proc/${lab.initPid}/root${directory}/${name}`,
    lab,
    wireEnd,
    boot: options.boot ?? [],
    filler: options.etcdDiskBytes === undefined ? '/var/filler' : '/var/lib/etcd/filler',
    async powerOn() {
      const args = [join(directory, name), name, join(directory, 'plain'), process.execPath, ...shown];
      const logFile = join(directory, `${name}-boot${++boots}.log`);
      const host = await startNamespaces('host-init.sh', args, { logFile, inside: lab });
      try {
        await plugIn(lab, host, wireEnd);
        return host;
      } catch (error) {
        await host.kill();
        throw error;
      }
    },
  });
}

/** Ends what still runs on the bastion, then the lab, and with it every host. */
async function endLab(lab: Namespaces): Promise<void> {
  const network = lab.running ? await namespaceOf(lab.initPid, 'net') : undefined;
  if (network !== undefined) {
    for (const { pid } of await processesIn('net', network)) {
      if (pid !== lab.initPid) killIfThere(pid);
    }
  }
  await lab.kill();
}
