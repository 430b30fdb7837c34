import { defineCommand } from '../../command/index.ts';
import { memberChangeView } from '../../output/views/index.ts';
import { parseMemberId } from './member-id.ts';

export const memberPromoteCommand = defineCommand({
  path: ['member', 'promote'],
  summary: 'make a learner a voting member',
  args: [{ name: 'member_id', summary: 'id in hex, as member list prints it' }],
  async run(input, host) {
    const ID = parseMemberId(input.args[0]);
    await using client = await host.connect();
    const response = await client.cluster.memberPromote({ ID });
    host.print(memberChangeView(ID, 'promoted in', response, { hex: host.globals.hex }));
  },
});
