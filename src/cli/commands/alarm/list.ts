import { defineCommand } from '../../command/index.ts';
import { alarmView } from '../../output/views/index.ts';

export const alarmListCommand = defineCommand({
  path: ['alarm', 'list'],
  summary: 'list all alarms',
  async run(_input, host) {
    await using client = await host.connect();
    // Without an action the request asks for the alarms.
    host.print(alarmView(await client.maintenance.alarm({}), { hex: host.globals.hex }));
  },
});
