import { utf8 } from '../../../base/index.ts';
import type { ExportedKey } from '../../../operations/keys/index.ts';
import { defineCommand } from '../../command/index.ts';
import { formatGoJson, formatGoQuoted } from '../../output/index.ts';
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

export const keysExportCommand = defineCommand({
  path: ['keys', 'export'],
  summary: 'write keys with their values, a line each',
  description:
    'A line of JSON has key and value in base64, create_revision, mod_revision, version and lease. --format put ' +
    'writes lines as "holdfast txn" reads them, byte for byte, without leases: they put everything back, 128 keys in ' +
    "a transaction unless etcd's --max-txn-ops allows more. The file appears whole or not at all.",
  args: [sourceArgument, ...selectionArguments],
  flags: {
    ...rangeFlags,
    out: {
      kind: 'string',
      valueName: 'file',
      default: '-',
      summary: 'a file, or - for standard output',
    },
    format: {
      kind: 'string',
      choices: ['json', 'put'],
      default: 'json',
      valueName: 'format',
      summary: 'json, or put for lines of a transaction',
    },
    force: { kind: 'boolean', summary: 'replace a file that is there already' },
    ...revisionFlag,
    ...indexFlag,
  },
  formats: ['simple'],
  examples: [
    { command: 'holdfast keys export snapshot.db --out keys.jsonl', explains: 'Everything, as JSON lines' },
    {
      command:
        '(echo; holdfast keys export snapshot.db /app/ --prefix --format put; echo; echo) | holdfast txn',
      explains: 'Put what was below a prefix back into the etcd of this host',
    },
  ],
  exitStatuses: { ...sourceExitStatuses, 4: 'the file is there already, and --force was not given' },
  steps: 'log-file',
  async run({ args: [source = '', ...words], flags }, host) {
    const selection = await keySelection(words, flags);
    const { exportKeys } = await import('../../../operations/keys/index.ts');
    const result = await exportKeys(
      {
        ...(await keysOptions(source, flags, host)),
        selection,
        replace: flags.force,
        format: flags.format === 'put' ? putLine : jsonLine,
        target: flags.out === '-' ? (bytes) => host.io.stdout.send(bytes) : flags.out,
      },
      host.ctx,
    );
    if (flags.out !== '-' && !host.globals.quiet) {
      const keys = result.keys === 1 ? '1 key' : `${result.keys} keys`;
      host.say(`${keys} of revision ${result.revision} written to ${flags.out}`);
    }
    return undefined;
  },
});

function jsonLine({ key, createRevision, modRevision, version, lease, value }: ExportedKey): Uint8Array {
  const line = formatGoJson({
    key,
    create_revision: createRevision,
    mod_revision: modRevision,
    version,
    lease,
    value,
  });
  return utf8(`${line}\n`);
}

/** Quoted words, and a mark before them, as a key may begin with a dash. */
function putLine({ key, value }: ExportedKey): Uint8Array {
  return utf8(`put -- ${formatGoQuoted(key)} ${formatGoQuoted(value)}\n`);
}
