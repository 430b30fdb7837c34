import { defineCommand } from '../../command/index.ts';
import { memberListView } from '../../output/views/index.ts';

export const memberListCommand = defineCommand({
  path: ['member', 'list'],
  summary: 'list all members in the cluster',
  description: 'The simple format lists ID, status, name, peer addresses, client addresses, is learner.',
  flags: {
    consistency: {
      kind: 'string',
      default: 'l',
      choices: ['l', 's'],
      summary: 'linearizable (l) or serializable (s)',
    },
  },
  async run(input, host) {
    await using client = await host.connect();
    const response = await client.cluster.memberList({ linearizable: input.flags.consistency === 'l' });
    host.print(memberListView(response, { hex: host.globals.hex }));
  },
});
