import { defineCommand, parsePlainInteger, usageError } from '../../command/index.ts';
import { compactionView } from '../../output/views/index.ts';

export const compactionCommand = defineCommand({
  path: ['compaction'],
  summary: 'compact the event history in etcd',
  args: [{ name: 'revision', summary: 'history before this revision is dropped' }],
  flags: {
    physical: { kind: 'boolean', summary: 'wait until all old revisions are physically removed' },
  },
  exitStatuses: {
    4: 'authentication or permission is missing',
    5: 'etcd is unreachable or did not answer in time',
  },
  async run(input, host) {
    const [text = ''] = input.args;
    const revision = parsePlainInteger(text, 10);
    if (revision === undefined) throw usageError(`bad revision "${text}", expecting a whole number`);
    await using client = await host.connect();
    const response = await client.kv.compact({ revision, physical: input.flags.physical });
    host.print(compactionView(revision, response, { hex: host.globals.hex }));
  },
});
