import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  EtcdClient,
  WatchCreateRequestSchema,
  WatchResponse,
  WatchStream,
} from '../../../etcd/index.ts';
import {
  type CommandHost,
  type CommandInput,
  defineCommand,
  parseInput,
  usageError,
} from '../../command/index.ts';
import { inputLines } from '../../input/index.ts';
import { watchView } from '../../output/views/index.ts';

export const watchFlags = {
  interactive: {
    kind: 'boolean',
    short: 'i',
    summary: 'read "watch KEY" and "progress" lines from standard input',
  },
  prefix: { kind: 'boolean', summary: 'watch on a prefix' },
  rev: { kind: 'integer', default: 0n, summary: 'revision to start watching at' },
  'prev-kv': { kind: 'boolean', summary: 'get the previous key-value pair before the event happens' },
  'progress-notify': { kind: 'boolean', summary: 'get periodic progress notifications from the server' },
} as const;

type WatchInput = CommandInput<typeof watchFlags>;
type WatchRequest = MessageInitShape<typeof WatchCreateRequestSchema>;

export const watchCommand = defineCommand({
  path: ['watch'],
  summary: 'watch the events of keys or prefixes',
  description:
    'Prints events until it is interrupted. What follows "--" is run for each event, with ETCD_WATCH_REVISION, ' +
    'ETCD_WATCH_EVENT_TYPE, ETCD_WATCH_KEY and ETCD_WATCH_VALUE in its environment. The key and the end of the range ' +
    'may come from ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END.',
  args: [
    { name: 'key', summary: 'the key or prefix, or where the range begins', optional: true },
    { name: 'range_end', summary: 'the end of the range, not part of it', optional: true },
  ],
  flags: watchFlags,
  formats: ['simple', 'json', 'fields'],
  keepsSeparator: true,
  endsByInterrupt: true,
  examples: [
    {
      command: 'holdfast watch /registry/leases/ --prefix',
      explains: 'Everything below a prefix from now on',
    },
    { command: 'holdfast watch config --rev 1 -- ./reload', explains: 'Run a program for each change' },
  ],
  exitStatuses: {
    4: 'authentication or permission is missing',
    5: 'etcd is unreachable or did not answer in time',
  },
  async run(input, host) {
    if (input.flags.interactive) return watchInteractively(host);
    const exec = execCommand(input);
    const request = await watchRequest(input, host);
    await using client = await host.connect();
    await printEvents(client.watch(request, { signal: host.ctx.signal }), exec, host);
  },
});

/** Prints what a watch yields; runs a program for each event when one is given. */
async function printEvents(
  stream: WatchStream,
  exec: readonly string[] | undefined,
  host: CommandHost,
): Promise<void> {
  for await (const response of stream) {
    if (response.created) continue;
    if (isProgress(response) && host.format !== 'json')
      host.out.line(`progress notify: ${(response.header?.revision ?? 0n).toString()}`);
    host.print(watchView(response, { hex: host.globals.hex }));
    if (exec === undefined) continue;
    const { runForEvents } = await import('./run-for-events.ts');
    await runForEvents(exec, response, host);
  }
}

function isProgress(response: WatchResponse): boolean {
  return response.events.length === 0 && !response.canceled && response.compactRevision === 0n;
}

function execCommand({ afterSeparator }: WatchInput): readonly string[] | undefined {
  if (afterSeparator?.length === 0)
    throw usageError('bad number of arguments (found separator --, but no commands)');
  return afterSeparator;
}

async function watchRequest({ args, flags }: WatchInput, host: CommandHost): Promise<WatchRequest> {
  const { keyRange } = await import('./requests.ts');
  const words = keyWords(args, host);
  if (words[1] !== undefined && flags.prefix)
    throw usageError('`range_end` and `--prefix` are mutually exclusive');
  return {
    ...keyRange(words, { prefix: flags.prefix, 'from-key': false }),
    startRevision: flags.rev,
    prevKv: flags['prev-kv'],
    progressNotify: flags['progress-notify'],
  };
}

/** Key and end of the range, from the words or from the environment, never from both. */
function keyWords(args: readonly string[], { io }: CommandHost): readonly string[] {
  const { ETCDCTL_WATCH_KEY: key = '', ETCDCTL_WATCH_RANGE_END: rangeEnd = '' } = io.env;
  if (key === '' && rangeEnd !== '')
    throw usageError(`ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END="${rangeEnd}"`);
  if (key !== '' && args.length > 0)
    throw usageError('bad number of arguments (found conflicting environment key)');
  if (key !== '') return rangeEnd === '' ? [key] : [key, rangeEnd];
  if (args.length === 0) throw usageError('bad number of arguments', 'Name the key to watch.');
  return args;
}

/** Watches as standard input asks for them; the end of input ends them all. */
async function watchInteractively(host: CommandHost): Promise<undefined> {
  await using client = await host.connect();
  const streams = new Set<WatchStream>();
  const failed = Promise.withResolvers<never>();
  const read = async () => {
    for await (const line of inputLines(host.io)) await obey(line, client, streams, host, failed.reject);
  };
  try {
    await Promise.race([read(), failed.promise]);
  } finally {
    for (const stream of streams) stream.cancel();
  }
}

async function obey(
  line: string,
  client: EtcdClient,
  streams: Set<WatchStream>,
  host: CommandHost,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { splitWords } = await import('./txn-script.ts');
  const words = splitWords(line);
  if (words[0] === 'progress') {
    for (const stream of streams) stream.requestProgress();
  } else if (words[0] === 'watch') {
    const input = parseInput(watchCommand, words.slice(1)) as unknown as WatchInput;
    const stream = client.watch(await watchRequest(input, host), { signal: host.ctx.signal });
    streams.add(stream);
    void printEvents(stream, execCommand(input), host).then(() => streams.delete(stream), onFailure);
  } else host.say(`Invalid command ${line} (only support watch)`);
}
