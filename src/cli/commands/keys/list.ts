import type { KeyListing, ListedKey } from '../../../operations/keys/index.ts';
import { type CommandHost, defineCommand, usageError } from '../../command/index.ts';
import { formatGoJson, GatheredOutput, type GoJson } from '../../output/index.ts';
import { formatLeaseId } from '../../output/views/index.ts';
import { keyText } from './key-text.ts';
import {
  indexFlag,
  keySelection,
  keysOptions,
  rangeFlags,
  revisionFlag,
  selectionArguments,
  sourceArgument,
  sourceExitStatuses,
} from './source-words.ts';

export const keysListCommand = defineCommand({
  path: ['keys', 'list'],
  summary: 'list keys with revision, version, lease and size',
  description:
    'Without a key, everything is listed. Sizes are those of the values, in bytes. A key that is no plain text is ' +
    'quoted, and --hex shows its bytes. In JSON keys are in base64, as etcdctl has them.',
  args: [sourceArgument, ...selectionArguments],
  flags: {
    ...rangeFlags,
    limit: { kind: 'integer', default: 0n, minimum: 0n, summary: 'maximum number of keys' },
    'keys-only': { kind: 'boolean', summary: 'print only the keys' },
    'count-only': { kind: 'boolean', summary: 'print only how many there are' },
    ...revisionFlag,
    ...indexFlag,
  },
  formats: ['simple', 'json', 'table'],
  examples: [
    { command: 'holdfast keys list snapshot.db', explains: 'Everything in a snapshot' },
    { command: 'holdfast keys list snapshot.db /app/ --prefix --keys-only', explains: 'Keys below a prefix' },
    { command: 'holdfast keys list live --count-only', explains: 'How many the etcd of this host has' },
  ],
  exitStatuses: sourceExitStatuses,
  steps: 'log-file',
  async run({ args: [source = '', ...words], flags }, host) {
    if (flags['keys-only'] && flags['count-only'])
      throw usageError('`--keys-only` and `--count-only` cannot be set at the same time, choose one');
    const selection = await keySelection(words, flags);
    const { listKeys } = await import('../../../operations/keys/index.ts');
    const options = { ...(await keysOptions(source, flags, host)), selection, limit: flags.limit };
    await using listing = await listKeys(options, host.ctx);
    const part = flags['count-only'] ? 'count' : flags['keys-only'] ? 'names' : 'keys';
    if (host.format === 'table') await printAsTable(listing, part, host);
    else {
      const out = new GatheredOutput(host.io.stdout);
      await (host.format === 'json' ? printJson : printLines)(listing, part, out, host);
      await out.flush();
    }
    return undefined;
  },
});

type Part = 'keys' | 'names' | 'count';

async function printLines(
  listing: KeyListing,
  part: Part,
  out: GatheredOutput,
  { globals: { hex } }: CommandHost,
): Promise<void> {
  if (part === 'count') {
    out.line((await listing.count()).toString());
    return;
  }
  if (part === 'names') {
    for await (const key of listing.names()) {
      out.line(keyText(key, hex));
      await out.settle();
    }
    return;
  }
  out.line('REVISION  VERSION  LEASE              BYTES  KEY');
  for await (const listed of listing.keys()) {
    const { modRevision, version, valueBytes, key } = listed;
    const numbers = [`${modRevision}`.padStart(8), `${version}`.padStart(7)];
    const lease = leaseText(listed).padEnd(16);
    out.line([...numbers, lease, `${valueBytes}`.padStart(6), keyText(key, hex)].join('  '));
    await out.settle();
  }
}

function leaseText({ lease }: ListedKey): string {
  return lease === 0n ? '' : formatLeaseId(lease);
}

async function printJson(
  listing: KeyListing,
  part: Part,
  out: GatheredOutput,
  host: CommandHost,
): Promise<void> {
  const facts = `{"source":${formatGoJson(host.nameOf(listing.source))},"revision":${listing.revision}`;
  if (part === 'count') {
    out.line(`${facts},"count":${await listing.count()}}`);
    return;
  }
  out.text(`${facts},"keys":[`);
  const items = part === 'names' ? listing.names() : listing.keys();
  let separator = '';
  for await (const item of items) {
    out.text(separator + formatGoJson(item instanceof Uint8Array ? { key: item } : listedJson(item)));
    separator = ',';
    await out.settle();
  }
  out.line(']}');
}

function listedJson({ key, createRevision, modRevision, version, lease, valueBytes }: ListedKey): GoJson {
  return {
    key,
    create_revision: createRevision,
    mod_revision: modRevision,
    version,
    lease,
    value_bytes: valueBytes,
  };
}

/** As wide as its widest cell: all rows are at hand before the first is printed. */
async function printAsTable(listing: KeyListing, part: Part, host: CommandHost): Promise<void> {
  const { hex } = host.globals;
  const rows: string[][] = [];
  if (part === 'count') rows.push([(await listing.count()).toString()]);
  else if (part === 'names') for await (const key of listing.names()) rows.push([keyText(key, hex)]);
  else for await (const listed of listing.keys()) rows.push(cellsOf(listed, hex));
  const header = {
    count: ['count'],
    names: ['key'],
    keys: ['key', 'create revision', 'mod revision', 'version', 'lease', 'bytes'],
  }[part];
  host.print({ simple: () => {}, json: () => null, table: () => ({ header, rows }) });
}

function cellsOf(listed: ListedKey, hex: boolean): string[] {
  const { key, createRevision, modRevision, version, valueBytes } = listed;
  const numbers = [createRevision, modRevision, version].map(String);
  return [keyText(key, hex), ...numbers, leaseText(listed), `${valueBytes}`];
}
