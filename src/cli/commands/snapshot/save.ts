import type { SaveSnapshotResult, SaveTarget } from '../../../operations/save/index.ts';
import { type CommandHost, defineCommand, usageError } from '../../command/index.ts';
import { formatGoJson, type View } from '../../output/index.ts';
import { recordView } from '../../output/views/index.ts';
import { hostsFlags, openRemoteHosts, readHosts } from '../hosts/index.ts';

export const snapshotSaveCommand = defineCommand({
  path: ['snapshot', 'save'],
  summary: 'store a snapshot of an etcd member in a file',
  description:
    'Streams the database of one member to FILE.part, checks its digest, and gives the file its name only when all of ' +
    'it has arrived. "-" writes to standard output. There is no time limit unless --command-timeout is given.',
  args: [{ name: 'file', summary: 'the file to write, or - for standard output' }],
  flags: {
    force: { kind: 'boolean', summary: 'replace the file if it exists' },
    'any-endpoint': {
      kind: 'boolean',
      summary: 'with several endpoints choose one: healthy, no learner, rather a follower',
    },
    'stall-timeout': {
      kind: 'duration',
      default: '30s',
      summary: 'give up after this long without data, 0 for never',
    },
    host: {
      kind: 'string',
      summary: 'save the etcd of this host over ssh: a name or user@host as ssh takes it',
    },
    'ssh-config': hostsFlags['ssh-config'],
  },
  examples: [
    {
      command: 'holdfast snapshot save /backup/etcd-snapshot.db',
      explains: 'Save a snapshot of the local member',
    },
    {
      command:
        'holdfast --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.crt --cert=/etc/etcd/etcd.crt --key=/etc/etcd/etcd.key snapshot save /backup/etcd-snapshot.db',
      explains: 'Over mutual TLS',
    },
    { command: 'holdfast snapshot save - | gzip > snapshot.db.gz', explains: 'Through a pipe' },
    { command: 'holdfast snapshot save snapshot.db --host cp1', explains: 'From a control-plane node' },
  ],
  exitStatuses: {
    3: 'what arrived is not a whole snapshot; nothing was kept',
    4: 'the file exists, or authentication or permission is missing',
    5: 'etcd is unreachable, stalled or did not answer in time',
  },
  async run({ args, flags }, host) {
    const [path = ''] = args;
    const target: SaveTarget =
      path === '-'
        ? { sink: { write: (bytes) => host.io.stdout.send(bytes) } }
        : { path, force: flags.force };
    report(
      await (flags.host === undefined ? saveHere(target, flags, host) : saveOverSsh(target, flags, host)),
      host,
    );
  },
});

interface SaveFlags {
  readonly 'any-endpoint': boolean;
  readonly 'stall-timeout': number;
  readonly host: string | undefined;
  readonly 'ssh-config': string | undefined;
}

async function saveHere(
  target: SaveTarget,
  flags: SaveFlags,
  host: CommandHost,
): Promise<SaveSnapshotResult> {
  const { saveSnapshot } = await import('../../../operations/save/index.ts');
  const result = await saveSnapshot(
    {
      client: await host.clientOptions(),
      target,
      // Those of the API server are found together: any of them will do.
      anyEndpoint: flags['any-endpoint'] || !host.given('endpoints'),
      stallTimeoutMs: flags['stall-timeout'],
      ...(host.given('command-timeout') ? { timeoutMs: host.globals['command-timeout'] } : {}),
    },
    host.ctx,
  );
  await noteInLedger(result, host);
  return result;
}

/** The program on the host finds its etcd, as it does for whoever is logged in there. */
async function saveOverSsh(
  target: SaveTarget,
  flags: SaveFlags,
  host: CommandHost,
): Promise<SaveSnapshotResult> {
  const { ctx, root, globals } = host;
  if (host.given('endpoints') && host.origin('endpoints').kind !== 'file')
    throw usageError('--host and --endpoints contradict each other', 'On a host its own etcd is found.');
  const names = (await readHosts({ ...flags, hosts: [flags.host!], inventory: undefined }))!;
  await using remote = await openRemoteHosts(names, flags, ctx);
  const { ssh, program } = remote.hosts[0]!;
  const argv = [
    ...[program, 'snapshot', 'save', '-', '-w', 'json', '--progress=none'],
    `--stall-timeout=${flags['stall-timeout']}ms`,
    ...(host.given('dial-timeout') ? [`--dial-timeout=${globals['dial-timeout']}ms`] : []),
    ...(host.given('command-timeout') ? [`--command-timeout=${globals['command-timeout']}ms`] : []),
    ...(root === '/' ? [] : ['--root', root]),
  ];
  const { saveFromHost } = await import('../../../operations/save/index.ts');
  return await saveFromHost({ ssh, argv, target }, ctx);
}

/** A later recovery must pass every revision that this cluster had, even if nothing is left of its data by then. */
async function noteInLedger({ path }: SaveSnapshotResult, host: CommandHost): Promise<void> {
  const dataDir = host.foundEtcd()?.dataDir;
  if (path === undefined || dataDir === undefined) return;
  const { openLocalHost } = await import('../../../hosts/index.ts');
  const { tryNoteSave } = await import('../../../operations/ledger/index.ts');
  await tryNoteSave(openLocalHost({ root: host.root }), dataDir, path, host.ctx);
}

/** Standard output belongs to the snapshot when it goes there; the report then goes to standard error. */
function report(result: SaveSnapshotResult, host: CommandHost): void {
  const view = saveView(result);
  if (result.path !== undefined) host.print(view);
  else if (host.format === 'json') host.say(formatGoJson(view.json()));
  else host.say(`Snapshot written to standard output (${result.sizeBytes} bytes)`);
}

function saveView(result: SaveSnapshotResult): View {
  const { path = '-', version, sizeBytes, databaseBytes, sha256, endpoint, endpointReason, tookMs } = result;
  const lines = [`Snapshot saved at ${path}`];
  if (version !== '') lines.push(`Server version ${version}`);
  return recordView(
    [
      { title: 'Path', json: 'path', value: path },
      { title: 'Version', json: 'version', value: version },
      { title: 'Size', json: 'sizeBytes', value: sizeBytes },
      { title: 'Database size', json: 'databaseBytes', value: databaseBytes },
      { title: 'SHA256', json: 'sha256', value: sha256 },
      { title: 'Endpoint', json: 'endpoint', value: endpoint },
      { title: 'Endpoint reason', json: 'endpointReason', value: endpointReason },
      { title: 'Took ms', json: 'tookMs', value: Math.round(tookMs) },
    ],
    lines,
  );
}
