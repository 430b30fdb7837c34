import { defineCommand, usageError } from '../../command/index.ts';
import { getView } from '../../output/views/index.ts';

export const getFlags = {
  consistency: {
    kind: 'string',
    default: 'l',
    choices: ['l', 's'],
    summary: 'linearizable (l) or serializable (s)',
  },
  order: { kind: 'string', summary: 'order of results: ASCEND or DESCEND' },
  'sort-by': { kind: 'string', summary: 'sort target: CREATE, KEY, MODIFY, VALUE or VERSION' },
  limit: { kind: 'integer', default: 0n, summary: 'maximum number of results' },
  prefix: { kind: 'boolean', summary: 'get keys with matching prefix' },
  'from-key': { kind: 'boolean', summary: 'get keys that are greater than or equal to the given key' },
  rev: { kind: 'integer', default: 0n, summary: 'revision to read at' },
  'keys-only': { kind: 'boolean', summary: 'get only the keys' },
  'count-only': { kind: 'boolean', summary: 'get only the count (with -w fields or json)' },
  'print-value-only': { kind: 'boolean', summary: 'only write values (with -w simple)' },
  'min-create-rev': { kind: 'integer', default: 0n, summary: 'minimum create revision' },
  'max-create-rev': { kind: 'integer', default: 0n, summary: 'maximum create revision' },
  'min-mod-rev': { kind: 'integer', default: 0n, summary: 'minimum modification revision' },
  'max-mod-rev': { kind: 'integer', default: 0n, summary: 'maximum modification revision' },
} as const;

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
