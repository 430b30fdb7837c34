import { hostname } from 'node:os';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { RecoveryHost } from '../../../operations/recover/index.ts';
import type { CommandHost } from '../../command/index.ts';
import { findPackagedProgram } from '../../packaged-program.ts';
import { type HostsFlags, readHosts, sshOptions } from '../hosts/index.ts';

export interface OpenHostsFlags extends HostsFlags {
  readonly 'manifests-dir': string | undefined;
}

export interface OpenedHosts extends AsyncDisposable {
  readonly hosts: readonly RecoveryHost[];
}

/** The hosts that were named, with this program placed on each; this host when none were. */
export async function openHosts(flags: OpenHostsFlags, host: CommandHost): Promise<OpenedHosts> {
  const names = await readHosts(flags);
  return names === undefined ? await openThisHost(flags, host) : await openRemoteHosts(names, flags, host);
}

async function openThisHost(flags: OpenHostsFlags, { ctx, root }: CommandHost): Promise<OpenedHosts> {
  const { openLocalHost } = await import('../../../hosts/index.ts');
  const { openLocalRecoveryHost } = await import('../../../operations/recover/index.ts');
  const manifestsDir = flags['manifests-dir'];
  const opened = openLocalRecoveryHost(
    {
      machine: openLocalHost({ root }),
      host: hostname(),
      ...(manifestsDir === undefined ? {} : { manifestsDir }),
    },
    ctx,
  );
  return { hosts: [opened], [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

async function openRemoteHosts(
  names: readonly string[],
  flags: OpenHostsFlags,
  { ctx, root }: CommandHost,
): Promise<OpenedHosts> {
  const { openSshHost } = await import('../../../hosts/index.ts');
  const { placeProgram } = await import('../../../operations/remote-program/index.ts');
  const { openRemoteRecoveryHost } = await import('../../../operations/recover/index.ts');
  const stack = new AsyncDisposableStack();
  const manifestsDir = flags['manifests-dir'];
  const sessionFlags = [
    ...(root === '/' ? [] : ['--root', root]),
    ...(manifestsDir === undefined ? [] : ['--manifests-dir', manifestsDir]),
  ];
  try {
    const hosts = await Promise.all(
      names.map(async (name) => {
        const ssh = stack.use(openSshHost({ destination: name, options: sshOptions(flags) }, ctx));
        const program = await placeProgram(ssh, findPackagedProgram, ctx);
        const argv = [program, 'host-session', '--name', name, ...sessionFlags];
        return openRemoteRecoveryHost({ ssh, host: name, argv, version: packageJson.version }, ctx);
      }),
    );
    hosts.forEach((opened) => stack.use(opened));
    return { hosts, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
