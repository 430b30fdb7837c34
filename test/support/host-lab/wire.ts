import { runCommand, mustRun } from '../run-command.ts';
import type { Namespaces } from './namespaces.ts';

/** What runs on the bastion: in the network and the mounts of the lab, with the test's process ids. */
export function bastionPrefix(lab: Namespaces): readonly string[] {
  return ['nsenter', `--target=${lab.initPid}`, '--mount', '--net', '--'];
}

/** A host's place on the wire; `hardwareAddress` is fixed, so that others need not ask a dead host for it. */
export interface WireEnd {
  /** Of the interface at the lab's end. */
  readonly name: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly hardwareAddress: string;
}

/** Connects a host to the wire: `eth0` there, an interface with the host's name here. */
export async function plugIn(lab: Namespaces, host: Namespaces, end: WireEnd): Promise<void> {
  await runIp(lab, [
    `link add name ${end.name} type veth peer name eth0 address ${end.hardwareAddress} netns ${host.initPid}`,
    `link set ${end.name} master wire up`,
    // The bastion sends to a host that does not answer until it gives up, as through a router.
    `neighbor replace ${end.address} lladdr ${end.hardwareAddress} dev wire nud permanent`,
  ]);
  await runIp(host, [`address add ${end.address}/${end.prefixLength} dev eth0`, 'link set eth0 up']);
}

/** Removes a host's interface from the wire, if the kernel has not removed it with the host's namespace already. */
export async function unplug(lab: Namespaces, end: WireEnd): Promise<void> {
  const result = await runCommand('nsenter', ipWords(lab, ['link', 'delete', end.name]), {
    timeoutMs: 60_000,
  });
  if (result.exitCode !== 0 && !result.stderr.includes('Cannot find device')) {
    throw new Error(`cannot unplug ${end.name}: ${result.stderr.trim()}`);
  }
}

/** Takes the lab's end of a host's cable up or down. The host itself notices no more than a missing carrier. */
export async function setCarrier(lab: Namespaces, end: WireEnd, state: 'up' | 'down'): Promise<void> {
  await runIp(lab, [`link set ${end.name} ${state}`]);
}

async function runIp(namespaces: Namespaces, lines: readonly string[]): Promise<void> {
  await mustRun('nsenter', ipWords(namespaces, ['-batch', '-']), {
    stdin: `${lines.join('\n')}\n`,
    timeoutMs: 60_000,
  });
}

function ipWords(namespaces: Namespaces, words: readonly string[]): string[] {
  return [`--target=${namespaces.initPid}`, '--net', '--', 'ip', ...words];
}
