import { defineCommand } from '../../command/index.ts';
import { memberChangeView } from '../../output/views/index.ts';
import { parseMemberId } from './member-id.ts';

export const memberRemoveCommand = defineCommand({
  path: ['member', 'remove'],
  summary: 'remove a member from the cluster',
  args: [{ name: 'member_id', summary: 'id in hex, as member list prints it' }],
  async run(input, host) {
    const ID = parseMemberId(input.args[0]);
    await using client = await host.connect();
    const response = await client.cluster.memberRemove({ ID });
    host.print(memberChangeView(ID, 'removed from', response, { hex: host.globals.hex }));
  },
});
