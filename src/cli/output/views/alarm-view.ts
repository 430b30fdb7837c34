import type { AlarmResponse } from '../../../etcd/index.ts';
import { unlessEmpty, unlessZero } from '../go-json.ts';
import type { View } from '../view.ts';
import { field, type FieldOptions, headerLines } from './etcd-fields.ts';
import { headerJson } from './etcd-json.ts';

const names = ['NONE', 'NOSPACE', 'CORRUPT'];

export function alarmName(alarm: number): string {
  return names[alarm] ?? alarm.toString();
}

export function alarmView(response: Pick<AlarmResponse, 'header' | 'alarms'>, options: FieldOptions): View {
  return {
    simple(output) {
      for (const { memberID, alarm } of response.alarms)
        output.line(`memberID:${memberID.toString()} alarm:${alarmName(alarm)}`);
    },
    json: () => ({
      header: headerJson(response.header),
      alarms: unlessEmpty(response.alarms)?.map(({ memberID, alarm }) => ({
        memberID: unlessZero(memberID),
        alarm: unlessZero<number>(alarm),
      })),
    }),
    fields(output) {
      headerLines(output, response.header, options);
      for (const { memberID, alarm } of response.alarms) {
        field(output, 'MemberID', options.hex ? memberID.toString(16) : memberID);
        field(output, 'AlarmType', alarmName(alarm));
        output.line('');
      }
    },
    table: () => ({
      header: ['member', 'alarm'],
      rows: response.alarms.map(({ memberID, alarm }) => [memberID.toString(16), alarmName(alarm)]),
    }),
  };
}
