import type { AlarmRecord } from '../../../formats/mvcc/index.ts';
import { type AlarmRequest, AlarmRequest_AlarmAction as AlarmAction, AlarmType } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';

/**
 * Does what an alarm request asks for, and returns the alarms that its answer names.
 *
 * Source: etcd server/etcdserver/apply/apply.go, api/v3alarm/alarms.go (3.6.16).
 */
export function obeyAlarmRequest(store: EtcdStore, request: AlarmRequest): readonly AlarmRecord[] {
  const wantsAny = request.alarm === AlarmType.NONE;
  const alarm: AlarmRecord = { memberId: request.memberID, alarm: request.alarm };
  const known = store.alarms().some((raised) => isSame(raised, alarm));
  switch (request.action) {
    case AlarmAction.GET:
      return store.alarms().filter((raised) => wantsAny || raised.alarm === alarm.alarm);
    case AlarmAction.ACTIVATE:
      if (wantsAny) return [];
      if (!known) store.saveAlarm(alarm);
      return [alarm];
    case AlarmAction.DEACTIVATE:
      if (!known) return [];
      store.removeAlarm(alarm);
      return [alarm];
    default:
      return [];
  }
}

function isSame(a: AlarmRecord, b: AlarmRecord): boolean {
  return a.memberId === b.memberId && a.alarm === b.alarm;
}
