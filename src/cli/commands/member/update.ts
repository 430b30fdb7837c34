import { defineCommand } from '../../command/index.ts';
import { memberChangeView } from '../../output/views/index.ts';
import { parseMemberId, parsePeerUrls } from './member-id.ts';

export const memberUpdateCommand = defineCommand({
  path: ['member', 'update'],
  summary: 'change the peer URLs of a member',
  args: [{ name: 'member_id', summary: 'id in hex, as member list prints it' }],
  flags: { 'peer-urls': { kind: 'string', summary: 'comma-separated peer URLs of the member' } },
  async run(input, host) {
    const ID = parseMemberId(input.args[0]);
    const peerURLs = parsePeerUrls(input.flags['peer-urls']);
    await using client = await host.connect();
    const response = await client.cluster.memberUpdate({ ID, peerURLs });
    host.print(memberChangeView(ID, 'updated in', response, { hex: host.globals.hex }));
  },
});
