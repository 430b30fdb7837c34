import { defineCommand, usageError } from '../../command/index.ts';
import { getView } from '../../output/views/index.ts';
import { getFlags } from './key-flags.ts';

export const getCommand = defineCommand({
  path: ['get'],
  summary: 'get the key or a range of keys',
  args: [
    { name: 'key', summary: 'the key, or where the range begins' },
    { name: 'range_end', summary: 'the end of the range, not part of it', optional: true },
  ],
  flags: getFlags,
  examples: [
    { command: 'holdfast get /registry/health', explains: 'One key' },
    {
      command: 'holdfast get /registry/ --prefix --keys-only --limit 20',
      explains: 'The first keys below a prefix',
    },
  ],
  exitStatuses: {
    4: 'authentication or permission is missing',
    5: 'etcd is unreachable or did not answer in time',
  },
  async run(input, host) {
    const { rangeRequest } = await import('./requests.ts');
    const request = rangeRequest(input.args, input.flags);
    const valueOnly = input.flags['print-value-only'];
    if (input.flags['count-only'] && (host.format === 'simple' || host.format === 'table'))
      throw usageError('--count-only is only for `--write-out=fields` and json');
    if (valueOnly && host.format !== 'simple')
      throw usageError('print-value-only is only for `--write-out=simple`');
    await using client = await host.connect();
    host.print(getView(await client.kv.range(request), { hex: host.globals.hex, valueOnly }));
  },
});
