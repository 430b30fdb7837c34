import { defineCommand } from '../../command/index.ts';
import { alarmView } from '../../output/views/index.ts';

export const alarmDisarmCommand = defineCommand({
  path: ['alarm', 'disarm'],
  summary: 'disarm all alarms',
  async run(_input, host) {
    const { disarmAlarms } = await import('../../../operations/disarm/index.ts');
    const alarms = await disarmAlarms({ client: await host.clientOptions() }, host.ctx);
    host.print(alarmView({ alarms }, { hex: host.globals.hex }));
  },
});
