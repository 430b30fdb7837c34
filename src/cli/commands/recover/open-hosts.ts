import { hostname } from 'node:os';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { RecoveryHost } from '../../../operations/recover/index.ts';
import type { CommandHost } from '../../command/index.ts';
import { type HostsFlags, openRemoteHosts, readHosts } from '../hosts/index.ts';

export interface OpenHostsFlags extends HostsFlags {
  readonly 'manifests-dir': string | undefined;
}

export interface OpenedHosts extends AsyncDisposable {
  readonly hosts: readonly RecoveryHost[];
}

/** The hosts that were named, with this program placed on each; this host when none were. */
export async function openHosts(flags: OpenHostsFlags, host: CommandHost): Promise<OpenedHosts> {
  const names = await readHosts(flags);
  return names === undefined ? await openThisHost(flags, host) : await openHostsOverSsh(names, flags, host);
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

async function openHostsOverSsh(
  names: readonly string[],
  flags: OpenHostsFlags,
  { ctx, root }: CommandHost,
): Promise<OpenedHosts> {
  const { openRemoteRecoveryHost } = await import('../../../operations/recover/index.ts');
  const manifestsDir = flags['manifests-dir'];
  const sessionFlags = [
    ...(root === '/' ? [] : ['--root', root]),
    ...(manifestsDir === undefined ? [] : ['--manifests-dir', manifestsDir]),
  ];
  await using stack = new AsyncDisposableStack();
  const remote = stack.use(await openRemoteHosts(names, flags, ctx));
  const hosts = remote.hosts.map(({ name, ssh, program }) => {
    const argv = [program, 'host-session', '--name', name, ...sessionFlags];
    const { version } = packageJson;
    return stack.use(openRemoteRecoveryHost({ ssh, host: name, argv, version }, ctx));
  });
  const open = stack.move();
  return { hosts, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
