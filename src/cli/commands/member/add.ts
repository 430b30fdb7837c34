import { defineCommand } from '../../command/index.ts';
import { memberAddView } from '../../output/views/index.ts';
import { parsePeerUrls } from './member-id.ts';

export const memberAddCommand = defineCommand({
  path: ['member', 'add'],
  summary: 'add a member to the cluster',
  args: [{ name: 'name', summary: 'name of the new member' }],
  flags: {
    'peer-urls': { kind: 'string', summary: 'comma-separated peer URLs of the new member' },
    learner: { kind: 'boolean', summary: 'the new member is a raft learner' },
  },
  examples: [
    {
      command: 'holdfast member add m4 --peer-urls=https://10.0.0.4:2380 --learner',
      explains: 'Add a learner; the output is the environment for its etcd',
    },
  ],
  async run(input, host) {
    const [name = ''] = input.args;
    const peerURLs = parsePeerUrls(input.flags['peer-urls']);
    await using client = await host.connect();
    const response = await client.cluster.memberAdd({ peerURLs, isLearner: input.flags.learner });
    host.print(memberAddView(response, { name, peerUrls: peerURLs.join(',') }, { hex: host.globals.hex }));
  },
});
