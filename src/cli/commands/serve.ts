import type { ServedBackup, ServeTlsFiles } from '../../operations/serve/index.ts';
import { type CommandInput, defineCommand, usageError } from '../command/index.ts';
import type { View } from '../output/index.ts';
import { recordView } from '../output/views/index.ts';

const serveFlags = {
  listen: {
    kind: 'string',
    default: '127.0.0.1:2379',
    valueName: 'host:port',
    summary: 'where to listen; port 0 takes a free one',
  },
  cert: { kind: 'string', valueName: 'file', summary: 'serve over TLS with this certificate' },
  key: { kind: 'string', valueName: 'file', summary: 'private key of the certificate' },
  'trusted-ca': {
    kind: 'string',
    valueName: 'file',
    summary: 'ask clients for a certificate that this CA signed, and refuse others',
  },
  writable: {
    kind: 'boolean',
    summary:
      'accept writes and keep them in memory: a sandbox, gone when it ends; the source is never changed',
  },
  at: {
    kind: 'integer',
    default: 0n,
    minimum: 0n,
    valueName: 'revision',
    summary: 'show the state as of this revision (0: the newest)',
  },
} as const;

export const serveCommand = defineCommand({
  path: ['serve'],
  summary: 'serve a snapshot, database or data dir as a live etcd, without restoring it',
  description:
    'Answers as an etcd v3 member out of the file: etcdctl, kube-apiserver and every other client can look into the ' +
    'backup. Writes are refused, unless --writable keeps them in memory: a sandbox to try things in, not an etcd to ' +
    'run a cluster on. The source is only ever read. Runs until Ctrl-C.',
  args: [{ name: 'source', summary: 'a snapshot, a database or a data dir', takesBackup: true }],
  flags: serveFlags,
  steps: 'log-file',
  endsByInterrupt: true,
  examples: [
    { command: 'holdfast serve snapshot.db', explains: 'Then: etcdctl get / --prefix --keys-only' },
    {
      command: 'holdfast serve snapshot.db --at 5300 --listen 127.0.0.1:0',
      explains: 'The state at an earlier revision, on a free port',
    },
    {
      command:
        'holdfast serve snapshot.db --listen 0.0.0.0:2379 --cert server.crt --key server.key --trusted-ca ca.crt',
      explains: 'For other machines, over mutual TLS',
    },
  ],
  exitStatuses: { 3: 'the source is damaged' },
  async run(input, host) {
    const { parseListenAddress, serve } = await import('../../operations/serve/index.ts');
    const { flags } = input;
    const tls = tlsFiles(input);
    await serve(
      {
        source: input.args[0]!,
        listen: parseListenAddress(flags.listen),
        ...(tls === undefined ? {} : { tls }),
        writable: flags.writable,
        at: flags.at,
      },
      host.ctx,
      (served) => host.print(servedView({ ...served, source: host.nameOf(served.source) })),
    );
    return 0;
  },
});

function tlsFiles({ flags }: CommandInput<typeof serveFlags>): ServeTlsFiles | undefined {
  const { cert, key, 'trusted-ca': trustedCaFile } = flags;
  if ((cert === undefined) !== (key === undefined))
    throw usageError('--cert and --key belong together', 'Give both files or neither.');
  if (cert === undefined || key === undefined) {
    if (trustedCaFile === undefined) return undefined;
    throw usageError('--trusted-ca needs TLS', 'Give --cert and --key, too.');
  }
  return { certFile: cert, keyFile: key, ...(trustedCaFile === undefined ? {} : { trustedCaFile }) };
}

function servedView(served: ServedBackup): View {
  const { source, url, revision, keys, version, writable } = served;
  const mode = writable ? 'writable, in memory only' : 'read-only';
  return recordView(
    [
      { title: 'URL', json: 'url', value: url },
      { title: 'Source', json: 'source', value: source },
      { title: 'Revision', json: 'revision', value: revision },
      { title: 'Compact revision', json: 'compactRevision', value: served.compactRevision },
      { title: 'Keys', json: 'keys', value: keys },
      { title: 'Version', json: 'version', value: version },
      { title: 'Writable', json: 'writable', value: writable, text: String(writable) },
    ],
    [
      `Serving ${source} at ${url} (${mode})`,
      `Revision ${revision.toString()}, ${keys} keys, as etcd ${version}; Ctrl-C ends it`,
    ],
  );
}
