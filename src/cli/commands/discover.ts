import type { Discovery } from '../../operations/discover/index.ts';
import { type CommandHost, defineCommand, type ExitStatus } from '../command/index.ts';
import {
  type ClientPaths,
  type DiscoveredHost,
  discoveryView,
  hostsDiscoveryView,
} from '../output/views/index.ts';
import { asHoldfastError } from '../session/index.ts';
import { type GoJson, unsupportedFormat } from '../output/index.ts';
import { hostsFlags, openRemoteHosts, readHosts } from './hosts/index.ts';

export const discoverCommand = defineCommand({
  path: ['discover'],
  summary: 'find etcd on this host, and say how each fact is known',
  description:
    "Reads the kubelet's configuration, the static pod manifests, systemd units, processes and certificates of this " +
    'host, and asks etcd for its version, members and health. It changes nothing. -w env prints lines for a shell to ' +
    'evaluate, -w command an etcdctl command line to put words behind; both name files as they are seen from here, ' +
    'under --root if that is given, and everything else names them as the host does.',
  flags: {
    'manifests-dir': {
      kind: 'string',
      valueName: 'dir',
      summary:
        "the kubelet's static pod path, when it is known better than the kubelet's configuration tells",
    },
    offline: { kind: 'boolean', summary: 'do not ask etcd itself' },
    ...hostsFlags,
  },
  formats: ['simple', 'json', 'table', 'fields', 'env', 'command'],
  examples: [
    { command: 'holdfast discover', explains: 'What runs here, and how we know' },
    { command: 'eval "$(holdfast discover -w env)" && etcdctl member list', explains: 'Hand it to etcdctl' },
    { command: 'holdfast discover --root /host -w json', explains: 'From a container with the host mounted' },
    { command: 'holdfast discover --hosts cp1,cp2,cp3', explains: 'All control-plane nodes, over ssh' },
  ],
  exitStatuses: {
    4: 'there is no etcd on this host, or more than one could be meant',
    5: 'a host cannot be reached; the others were asked all the same',
  },
  isReport: true,
  async run({ flags }, host) {
    const names = await readHosts(flags);
    if (names !== undefined) return await discoverHosts(names, flags, host);
    const { discover } = await import('../../operations/discover/index.ts');
    const isLive = !flags.offline && host.format !== 'env' && host.format !== 'command';
    const manifestsDir = flags['manifests-dir'];
    const discovery = await discover(
      {
        root: host.root,
        ...(manifestsDir === undefined ? {} : { manifestsDir }),
        offline: !isLive,
        dialTimeoutMs: host.globals['dial-timeout'],
        commandTimeoutMs: host.globals['command-timeout'],
      },
      host.ctx,
    );
    host.print(discoveryView(discovery, await clientPaths(discovery, host)));
    return undefined;
  },
});

interface DiscoverFlags {
  readonly 'manifests-dir': string | undefined;
  readonly offline: boolean;
  readonly 'ssh-config': string | undefined;
}

/** A host that cannot be asked is told of, and the others are all the same. Its error gives the exit status. */
async function discoverHosts(
  names: readonly string[],
  flags: DiscoverFlags,
  host: CommandHost,
): Promise<ExitStatus> {
  const { format, ctx, root, globals } = host;
  if (format === 'env' || format === 'command')
    throw unsupportedFormat(format, ['simple', 'json', 'table', 'fields']);
  const { runForDocument } = await import('../../operations/remote-program/index.ts');
  const words = [
    ...['discover', '-w', 'json'],
    ...(flags.offline ? ['--offline'] : []),
    ...(flags['manifests-dir'] === undefined ? [] : ['--manifests-dir', flags['manifests-dir']]),
    ...(host.given('dial-timeout') ? [`--dial-timeout=${globals['dial-timeout']}ms`] : []),
    ...(host.given('command-timeout') ? [`--command-timeout=${globals['command-timeout']}ms`] : []),
    ...(root === '/' ? [] : ['--root', root]),
  ];
  const statuses: ExitStatus[] = [];
  const ask = async (name: string): Promise<DiscoveredHost> => {
    try {
      await using remote = await openRemoteHosts([name], flags, ctx);
      const { ssh, program } = remote.hosts[0]!;
      return { host: name, discovery: (await runForDocument(ssh, [program, ...words], ctx)) as GoJson };
    } catch (error) {
      const { code, message, hint, exitStatus } = asHoldfastError(error);
      if (code === 'INTERRUPTED' || code === 'DEFECT') throw error;
      statuses.push(exitStatus);
      return { host: name, error: { code, message, hint } };
    }
  };
  host.print(hostsDiscoveryView(await Promise.all(names.map(ask))));
  return statuses[0] ?? 0;
}

/** Paths that can be opened from here. */
async function clientPaths({ etcd }: Discovery, host: CommandHost): Promise<ClientPaths> {
  const { openLocalHost } = await import('../../hosts/index.ts');
  const under = openLocalHost({ root: host.root });
  const seen = async (path: string) => (host.root === '/' ? path : await under.realPath(path));
  return {
    endpoints: etcd?.endpoints ?? [],
    ...(etcd?.caFile === undefined ? {} : { caFile: await seen(etcd.caFile) }),
    ...(etcd?.certFile === undefined ? {} : { certFile: await seen(etcd.certFile) }),
    ...(etcd?.keyFile === undefined ? {} : { keyFile: await seen(etcd.keyFile) }),
  };
}
