import type { Discovery } from '../../operations/discover/index.ts';
import { type CommandHost, defineCommand } from '../command/index.ts';
import { type ClientPaths, discoveryView } from '../output/views/index.ts';

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
  },
  formats: ['simple', 'json', 'table', 'fields', 'env', 'command'],
  examples: [
    { command: 'holdfast discover', explains: 'What runs here, and how we know' },
    { command: 'eval "$(holdfast discover -w env)" && etcdctl member list', explains: 'Hand it to etcdctl' },
    { command: 'holdfast discover --root /host -w json', explains: 'From a container with the host mounted' },
  ],
  exitStatuses: {
    4: 'there is no etcd on this host, or more than one could be meant',
  },
  async run({ flags }, host) {
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
  },
});

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
