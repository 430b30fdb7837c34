import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../run-command.ts';

/** What a person on the bastion has for getting into the hosts. */
export interface SshAccess {
  /** For `ssh -F`; the bastion also has it as its system-wide configuration, so that a plain `ssh cp1` works. */
  readonly configFile: string;
  readonly keyFile: string;
  readonly publicKey: string;
  readonly knownHostsFile: string;
}

/** Name and address of a host of the lab. */
export interface HostAddress {
  readonly name: string;
  readonly address: string;
}

export interface SshHostKey extends HostAddress {
  /** In the form of a line of `known_hosts` without the names. */
  readonly publicKey: string;
}

/** Makes a key pair without passphrase: `file` and `file.pub`. Returns the public key. */
export async function makeSshKey(file: string, comment: string): Promise<string> {
  const words = ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file];
  await mustRun('ssh-keygen', words, { timeoutMs: 60_000 });
  return (await readFile(`${file}.pub`, 'utf8')).trim();
}

/** Writes the client's files into `directory`. Unknown or changed host keys are refused, as they should be. */
export async function writeSshAccess(directory: string, hosts: readonly SshHostKey[]): Promise<SshAccess> {
  const files = {
    configFile: join(directory, 'config'),
    keyFile: join(directory, 'id_ed25519'),
    knownHostsFile: join(directory, 'known_hosts'),
  };
  const publicKey = await makeSshKey(files.keyFile, 'root@bastion');
  const known = hosts.map((host) => `${host.name},${host.address} ${host.publicKey}\n`).join('');
  await writeFile(files.knownHostsFile, known);
  await writeFile(files.configFile, formatClientConfig(hosts, directory));
  return { ...files, publicKey };
}

/** The client's configuration for a machine that has the files of `writeSshAccess` in `directory`. */
export function formatClientConfig(hosts: readonly HostAddress[], directory: string): string {
  const aliases = hosts.map((host) => `Host ${host.name}\n  HostName ${host.address}\n`).join('');
  return `${aliases}Host *
  User root
  IdentityFile ${directory}/id_ed25519
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${directory}/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 30
`;
}

/** A server that takes keys only. `UsePAM no`: what PAM would ask for is not in a host's directory. */
export const serverConfig = `Port 22
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile .ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
MaxStartups 100
LogLevel VERBOSE
PidFile /run/sshd.pid
Subsystem sftp internal-sftp
`;
