import type { DiffKeysSummary, KeyDifference } from '../../../operations/keys/index.ts';
import { defineCommand } from '../../command/index.ts';
import { formatGoJson, GatheredOutput, type GoJson } from '../../output/index.ts';
import { formatLeaseId } from '../../output/views/index.ts';
import { keyText, valueLines } from './key-text.ts';
import {
  indexFlag,
  keySelection,
  keysOptions,
  rangeFlags,
  selectionArguments,
  sourceExitStatuses,
} from './source-words.ts';

export const keysDiffCommand = defineCommand({
  path: ['keys', 'diff'],
  summary: 'which keys differ between two sources',
  description:
    'A and B are snapshots, databases, data dirs, or "live". Prints what was added, removed and changed from A to B. ' +
    'Keys are compared by value and lease; revisions do not count. With --values the values stand below: text as it ' +
    'is, anything else in base64, or in hex with --hex.',
  args: [
    { name: 'a', summary: 'the one source', takesBackup: true },
    { name: 'b', summary: 'the other source', takesBackup: true },
    ...selectionArguments,
  ],
  flags: {
    ...rangeFlags,
    values: { kind: 'boolean', summary: 'show the values' },
    ...indexFlag,
  },
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast keys diff monday.db tuesday.db', explains: 'Everything that changed' },
    {
      command: 'holdfast keys diff snapshot.db live /app/ --prefix --values',
      explains: 'Since the snapshot',
    },
  ],
  exitStatuses: sourceExitStatuses,
  steps: 'log-file',
  async run({ args: [a = '', b = '', ...words], flags }, host) {
    const selection = await keySelection(words, flags);
    const { diffKeys } = await import('../../../operations/keys/index.ts');
    const out = new GatheredOutput(host.io.stdout);
    const printer = (host.format === 'json' ? jsonPrinter : linePrinter)(out, {
      values: flags.values,
      hex: host.globals.hex,
    });
    const newest = { revision: 0n, index: flags.index };
    const summary = await diffKeys(
      {
        before: await keysOptions(a, newest, host),
        after: await keysOptions(b, newest, host),
        selection,
        onDifference: async (difference) => {
          printer.show(difference);
          await out.settle();
        },
      },
      host.ctx,
    );
    printer.end(summary);
    await out.flush();
    if (host.format === 'simple' && !host.globals.quiet) host.say(summaryLine(summary));
    return undefined;
  },
});

interface DiffPrinter {
  show(difference: KeyDifference): void;
  end(summary: DiffKeysSummary): void;
}

interface ShowOptions {
  readonly values: boolean;
  readonly hex: boolean;
}

function summaryLine({ added, removed, changed, unchanged }: DiffKeysSummary): string {
  return `${added} added, ${removed} removed, ${changed} changed; ${unchanged} the same`;
}

function linePrinter(out: GatheredOutput, { values, hex }: ShowOptions): DiffPrinter {
  return {
    show({ change, key, before, after }) {
      out.line(`${change} ${keyText(key, hex)}`);
      if (before !== undefined && after !== undefined && before.lease !== after.lease)
        out.line(`    ~ lease ${formatLeaseId(before.lease)} -> ${formatLeaseId(after.lease)}`);
      if (!values) return;
      const sides = [
        ['-', before],
        ['+', after],
      ] as const;
      for (const [sign, side] of sides)
        if (side !== undefined)
          for (const line of valueLines(side.value, hex)) out.line(`    ${sign} ${line}`);
    },
    end() {},
  };
}

/** One document: the keys as they come, what was counted at the end. */
function jsonPrinter(out: GatheredOutput, { values }: ShowOptions): DiffPrinter {
  let separator = '{"keys":[';
  return {
    show({ change, key, before, after }) {
      const facts = { change, key, before: sideJson(before, values), after: sideJson(after, values) };
      out.text(separator + formatGoJson(facts));
      separator = ',';
    },
    end({ before, after, ...counts }) {
      if (separator !== ',') out.text(separator);
      out.line(`],${formatGoJson({ before: { ...before }, after: { ...after }, ...counts }).slice(1)}`);
    },
  };
}

function sideJson(side: KeyDifference['before'], values: boolean): GoJson | undefined {
  if (side === undefined) return undefined;
  const { createRevision, modRevision, version } = side.key;
  return {
    create_revision: createRevision,
    mod_revision: modRevision,
    version,
    lease: side.lease,
    value_bytes: side.value.length,
    value: values ? side.value : undefined,
  };
}
