import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostAddress, type SshAccess, formatClientConfig } from './ssh-access.ts';

/** `/etc/hosts` of every machine in the lab. */
export function formatHostsFile(bastionAddress: string, hosts: readonly HostAddress[]): string {
  const lines = hosts.map((host) => `${host.address} ${host.name}`);
  return ['127.0.0.1 localhost', '::1 localhost', `${bastionAddress} bastion`, ...lines, ''].join('\n');
}

/** Writes what a host has in `/etc` of its own, before it is first switched on. */
export async function writeHostFiles(rootDir: string, name: string, hostsFile: string): Promise<void> {
  const etc = join(rootDir, 'etc');
  await mkdir(join(etc, 'ssh'), { recursive: true });
  const files: Readonly<Record<string, string>> = {
    hostname: `${name}\n`,
    hosts: hostsFile,
    // Nothing but these files answers for a name: there is no network beyond the lab.
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    'resolv.conf': '',
    'os-release': 'ID=debian\nPRETTY_NAME="Debian GNU/Linux"\n',
    passwd:
      'root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n' +
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    group: 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n',
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(etc, file), text);
  await writeFile(join(etc, 'shadow'), 'root:*:::::::\nsshd:!:::::::\nnobody:*:::::::\n', { mode: 0o600 });
}

/** Gives a host its ssh host key, and lets it into every host and every host into it, as the bastion. */
export async function writeHostSsh(
  rootDir: string,
  hostKeyFile: string,
  hosts: readonly HostAddress[],
  access: SshAccess,
): Promise<void> {
  await copyFile(hostKeyFile, join(rootDir, 'etc', 'ssh', 'ssh_host_ed25519_key'));
  const directory = join(rootDir, 'root', '.ssh');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'authorized_keys'), `${access.publicKey}\n`, { mode: 0o600 });
  await copyFile(access.keyFile, join(directory, 'id_ed25519'));
  await copyFile(access.knownHostsFile, join(directory, 'known_hosts'));
  await writeFile(join(directory, 'config'), formatClientConfig(hosts, '~/.ssh'));
}
