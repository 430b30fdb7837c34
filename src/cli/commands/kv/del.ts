import { setTimeout as delay } from 'node:timers/promises';
import { defineCommand } from '../../command/index.ts';
import { formatGoQuoted } from '../../output/index.ts';
import { deleteView } from '../../output/views/index.ts';
import { delFlags } from './key-flags.ts';

/** As long as etcdctl gives since 3.6. */
const pauseMs = 2000;

export const delCommand = defineCommand({
  path: ['del'],
  summary: 'remove the specified key or range of keys [key, range_end)',
  args: [
    { name: 'key', summary: 'the key, or where the range begins' },
    { name: 'range_end', summary: 'the end of the range, not part of it', optional: true },
  ],
  flags: delFlags,
  formats: ['simple', 'json', 'fields'],
  examples: [{ command: 'holdfast del /test/ --prefix', explains: 'Everything below a prefix' }],
  exitStatuses: {
    4: 'authentication or permission is missing',
    5: 'etcd is unreachable or did not answer in time',
  },
  async run(input, host) {
    const { deleteRequest } = await import('./requests.ts');
    const request = deleteRequest(input.args, input.flags);
    const [key = '', rangeEnd] = input.args;
    if (rangeEnd !== undefined && !input.flags.range) {
      host.sayNow(
        `Warning: Keys between ${formatGoQuoted(key)} and ${formatGoQuoted(rangeEnd)} will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide \`--range\` flag to avoid the delay.`,
      );
      await delay(pauseMs, undefined, { signal: host.ctx.signal });
    }
    await using client = await host.connect();
    host.print(deleteView(await client.kv.deleteRange(request), { hex: host.globals.hex }));
  },
});
