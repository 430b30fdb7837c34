import type { KeyHistory } from '../../../operations/keys/index.ts';
import { defineCommand } from '../../command/index.ts';
import type { Output, View } from '../../output/index.ts';
import { formatLeaseId } from '../../output/views/index.ts';
import { valueLines } from './key-text.ts';
import {
  indexFlag,
  keySelection,
  keysOptions,
  revisionFlag,
  sourceArgument,
  sourceExitStatuses,
} from './source-words.ts';

export const keysHistoryCommand = defineCommand({
  path: ['keys', 'history'],
  summary: 'every revision of a key that a source still holds, deletions too',
  description:
    'Tells sizes, and with --values the values: text as it is, anything else in base64, or in hex with --hex. What ' +
    'a compaction took is gone.',
  args: [sourceArgument, { name: 'key', summary: 'the key' }],
  flags: {
    values: { kind: 'boolean', summary: 'show the values' },
    ...revisionFlag,
    ...indexFlag,
  },
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast keys history snapshot.db /app/config', explains: 'When it changed' },
    { command: 'holdfast keys history live /app/config --values', explains: 'What it was' },
  ],
  exitStatuses: sourceExitStatuses,
  steps: 'log-file',
  async run({ args: [source = '', word = ''], flags }, host) {
    const { key } = await keySelection([word], { prefix: false, 'from-key': false });
    const { keyHistory } = await import('../../../operations/keys/index.ts');
    const history = await keyHistory({ ...(await keysOptions(source, flags, host)), key }, host.ctx);
    if (history.revisions.length === 0) host.say('No revision of this key is held.');
    const named = { ...history, source: host.nameOf(history.source) };
    host.print(historyView(named, { values: flags.values, hex: host.globals.hex }));
    return undefined;
  },
});

function historyView(history: KeyHistory, { values, hex }: { values: boolean; hex: boolean }): View {
  return {
    simple(output) {
      for (const revision of history.revisions) {
        output.line(revisionLine(revision));
        if (values && revision.value !== undefined) showValue(revision.value, hex, output);
      }
    },
    json: () => ({
      source: history.source,
      key: history.key,
      compactRevision: history.compactRevision,
      revisions: history.revisions.map(({ modRevision, createRevision, version, lease, deleted, value }) => ({
        mod_revision: modRevision,
        deleted,
        ...(value === undefined
          ? {}
          : {
              create_revision: createRevision,
              version,
              lease,
              value_bytes: value.length,
              value: values ? value : undefined,
            }),
      })),
    }),
  };
}

function revisionLine({ modRevision, version, lease, value }: KeyHistory['revisions'][number]): string {
  if (value === undefined) return `${modRevision}  deleted`;
  const word = version === 1n ? 'created' : 'changed';
  const bytes = value.length === 1 ? '1 byte' : `${value.length} bytes`;
  const leased = lease === 0n ? '' : `, lease ${formatLeaseId(lease)}`;
  return `${modRevision}  ${word}  version ${version}, ${bytes}${leased}`;
}

function showValue(value: Uint8Array, hex: boolean, output: Output): void {
  for (const line of valueLines(value, hex)) output.line(`    ${line}`);
}
