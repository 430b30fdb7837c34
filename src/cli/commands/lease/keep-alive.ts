import { defineCommand } from '../../command/index.ts';
import { formatLeaseId, leaseKeepAliveView } from '../../output/views/index.ts';
import { parseLeaseId } from './lease-id.ts';

export const leaseKeepAliveCommand = defineCommand({
  path: ['lease', 'keep-alive'],
  summary: 'renew a lease until it is gone',
  args: [{ name: 'lease_id', summary: 'id in hex' }],
  flags: { once: { kind: 'boolean', summary: 'renew it once and end' } },
  formats: ['simple', 'json', 'fields'],
  endsByInterrupt: true,
  async run(input, host) {
    const id = parseLeaseId(input.args[0]);
    const options = { hex: host.globals.hex };
    await using client = await host.connect();
    if (input.flags.once) {
      host.print(leaseKeepAliveView(await client.lease.keepAliveOnce(id), options));
      return;
    }
    for await (const response of client.lease.keepAlive(id, { signal: host.ctx.signal }))
      host.print(leaseKeepAliveView(response, options));
    if (host.format === 'simple') host.out.line(`lease ${formatLeaseId(id)} expired or revoked.`);
  },
});
