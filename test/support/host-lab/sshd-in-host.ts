import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sshd } from '../../peers/index.ts';
import type { LabHost } from './lab-host.ts';
import { serverConfig } from './ssh-access.ts';

/** Starts a host's sshd; resolves when it listens. It stays in the background until the host is switched off. */
export async function startSshd(host: LabHost): Promise<void> {
  const { path, env, configLines } = await sshd();
  await writeFile(
    join(host.rootDir, 'etc', 'ssh', 'sshd_config'),
    [serverConfig, ...configLines, ''].join('\n'),
  );
  // The parent ends when its child has opened its ports, or has failed to.
  await host.mustRun([path, '-f', '/etc/ssh/sshd_config', '-E', '/var/log/sshd.log'], { env });
}
