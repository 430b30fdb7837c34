import { defineCommand } from '../../command/index.ts';
import { leaseTimeToLiveView } from '../../output/views/index.ts';
import { parseLeaseId } from './lease-id.ts';

export const leaseTimeToLiveCommand = defineCommand({
  path: ['lease', 'timetolive'],
  summary: 'show how long a lease has left',
  args: [{ name: 'lease_id', summary: 'id in hex' }],
  flags: { keys: { kind: 'boolean', summary: 'show the keys attached to the lease' } },
  async run(input, host) {
    const { keys } = input.flags;
    const ID = parseLeaseId(input.args[0]);
    await using client = await host.connect();
    const response = await client.lease.leaseTimeToLive({ ID, keys });
    host.print(leaseTimeToLiveView(response, { hex: host.globals.hex, keys }));
  },
});
