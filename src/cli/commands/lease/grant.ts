import { defineCommand, parsePlainInteger, usageError } from '../../command/index.ts';
import { leaseGrantView } from '../../output/views/index.ts';

export const leaseGrantCommand = defineCommand({
  path: ['lease', 'grant'],
  summary: 'create a lease',
  args: [{ name: 'ttl', summary: 'time to live in seconds' }],
  formats: ['simple', 'json', 'fields'],
  async run(input, host) {
    const [text = ''] = input.args;
    const TTL = parsePlainInteger(text, 10);
    if (TTL === undefined) throw usageError(`bad TTL "${text}", expecting a number of seconds`);
    await using client = await host.connect();
    host.print(leaseGrantView(await client.lease.leaseGrant({ TTL }), { hex: host.globals.hex }));
  },
});
