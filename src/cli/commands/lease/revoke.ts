import { defineCommand } from '../../command/index.ts';
import { leaseRevokeView } from '../../output/views/index.ts';
import { parseLeaseId } from './lease-id.ts';

export const leaseRevokeCommand = defineCommand({
  path: ['lease', 'revoke'],
  summary: 'revoke a lease, and delete the keys attached to it',
  args: [{ name: 'lease_id', summary: 'id in hex' }],
  formats: ['simple', 'json', 'fields'],
  async run(input, host) {
    const ID = parseLeaseId(input.args[0]);
    await using client = await host.connect();
    host.print(leaseRevokeView(ID, await client.lease.leaseRevoke({ ID }), { hex: host.globals.hex }));
  },
});
