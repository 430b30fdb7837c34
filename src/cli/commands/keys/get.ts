import { type CommandHost, defineCommand, usageError } from '../../command/index.ts';
import { GatheredOutput } from '../../output/index.ts';
import { getView, type KeysInTurn, printKeysInTurn } from '../../output/views/index.ts';
import { getFlags, loadRequests } from '../kv/index.ts';
import { indexFlag, keysOptions, revisionFlag, sourceArgument, sourceExitStatuses } from './source-words.ts';

export const keysGetCommand = defineCommand({
  path: ['keys', 'get'],
  summary: 'get a key or a range of keys, printed as etcdctl get does',
  description:
    'Takes what etcdctl get takes and prints the same, so that a script can ask a backup in place of a cluster. ' +
    'The header of json and fields has the revision alone: a file does not know which member answers.',
  args: [
    sourceArgument,
    { name: 'key', summary: 'the key, or where the range begins' },
    { name: 'range_end', summary: 'the end of the range, not part of it', optional: true },
  ],
  flags: { ...getFlags, ...revisionFlag, ...indexFlag },
  examples: [
    { command: 'holdfast keys get snapshot.db /app/config', explains: 'One key as it was' },
    { command: 'holdfast keys get snapshot.db /app/ --prefix -w json', explains: 'All below a prefix' },
    { command: 'holdfast keys get data-dir /app/config --revision 41', explains: 'At an earlier revision' },
  ],
  exitStatuses: sourceExitStatuses,
  steps: 'log-file',
  async run({ args: [source = '', ...words], flags }, host) {
    const { rangeRequest } = await loadRequests();
    const revision = flags.revision === 0n ? flags.rev : flags.revision;
    const request = rangeRequest(words, { ...flags, rev: revision });
    const valueOnly = flags['print-value-only'];
    if (flags['count-only'] && (host.format === 'simple' || host.format === 'table'))
      throw usageError('--count-only is only for `--write-out=fields` and json');
    if (valueOnly && host.format !== 'simple')
      throw usageError('print-value-only is only for `--write-out=simple`');
    const { getKeys } = await import('../../../operations/keys/index.ts');
    const options = await keysOptions(source, { revision: 0n, index: flags.index }, host);
    await using answer = await getKeys({ ...options, request }, host.ctx);
    await printAnswer(answer, valueOnly, host);
    return undefined;
  },
});

async function printAnswer(answer: KeysInTurn, valueOnly: boolean, host: CommandHost): Promise<void> {
  const options = { hex: host.globals.hex, valueOnly };
  const { format } = host;
  if (format === 'simple' || format === 'json' || format === 'fields') {
    const out = new GatheredOutput(host.io.stdout);
    await printKeysInTurn[format](answer, options, out);
    await out.flush();
    return;
  }
  // A table is as wide as its widest cell: only with all of them can it begin.
  const { wholeAnswer } = await import('./whole-answer.ts');
  host.print(getView(await wholeAnswer(answer), options));
}
