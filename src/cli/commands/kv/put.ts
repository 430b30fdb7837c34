import { defineCommand, usageError } from '../../command/index.ts';
import { readAllInput, wordBytes } from '../../input/index.ts';
import { putView } from '../../output/views/index.ts';
import { putFlags } from './key-flags.ts';

export const putCommand = defineCommand({
  path: ['put'],
  summary: 'put the given key into the store',
  description:
    'Without a value and without --ignore-value the value is read from standard input. A value that begins with a ' +
    'dash goes after "--".',
  args: [
    { name: 'key', summary: 'the key' },
    { name: 'value', summary: 'the value; standard input when it is left out', optional: true },
  ],
  flags: putFlags,
  formats: ['simple', 'json', 'fields'],
  examples: [
    { command: 'holdfast put greeting hello', explains: 'A value on the command line' },
    { command: 'holdfast put config < config.yaml', explains: 'A value from a file' },
    { command: 'holdfast put dash -- -1', explains: 'A value that begins with a dash' },
  ],
  exitStatuses: {
    4: 'authentication or permission is missing',
    5: 'etcd is unreachable or did not answer in time',
  },
  async run(input, host) {
    const { putRequest } = await import('./requests.ts');
    const given = input.args[1];
    const fromInput = given === undefined && !input.flags['ignore-value'];
    const value = fromInput ? await readAllInput(host.io) : wordBytes(given ?? '');
    if (fromInput && value.length === 0)
      throw usageError('put command needs 1 argument and input from stdin or 2 arguments');
    const request = putRequest(input.args, value, input.flags);
    await using client = await host.connect();
    host.print(putView(await client.kv.put(request), { hex: host.globals.hex }));
  },
});
