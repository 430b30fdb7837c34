/** Bucket `alarm`: a restore brings alarms back with the data. */
import {
  alarmTypes,
  decodeAlarmKey,
  formatAlarm,
  formatMemberId,
  type KeyValueStoreFile,
} from '../../formats/mvcc/index.ts';
import { counted, FindingLog, type VerifyCheck } from './check-report.ts';

export function checkAlarms(store: KeyValueStoreFile): VerifyCheck {
  const log = new FindingLog();
  let alarms = 0;
  log.guard(() => {
    for (const { key } of store.bucket('alarm')?.entries() ?? []) {
      alarms++;
      log.guard(() => checkAlarm(key, log));
    }
  });
  return log.check('alarms', alarms === 0 ? 'none' : counted(alarms, 'alarm'));
}

function checkAlarm(key: Uint8Array, log: FindingLog): void {
  const { memberId, alarm } = decodeAlarmKey(key);
  const where = { member: formatMemberId(memberId), alarm: formatAlarm(alarm) };
  if (alarm === alarmTypes.noSpace) {
    const message = `NOSPACE of member ${where.member} is set: after a restore writes are refused until it is disarmed`;
    log.warn('alarm-nospace', message, where);
  } else if (alarm === alarmTypes.corrupt) {
    const message = `CORRUPT of member ${where.member} is set: the members did not agree when this was saved`;
    log.warn('alarm-corrupt', message, where);
  } else {
    log.warn('alarm-unknown', `an alarm of unknown kind ${where.alarm} is set`, where);
  }
}
