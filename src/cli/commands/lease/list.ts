import { defineCommand } from '../../command/index.ts';
import { leaseListView } from '../../output/views/index.ts';

export const leaseListCommand = defineCommand({
  path: ['lease', 'list'],
  summary: 'list all active leases',
  async run(_input, host) {
    await using client = await host.connect();
    host.print(leaseListView(await client.lease.leaseLeases({}), { hex: host.globals.hex }));
  },
});
