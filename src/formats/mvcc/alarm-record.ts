/**
 * Bucket `alarm`: key = protobuf AlarmMember {1 memberID uint64, 2 alarm enum}, value empty.
 *
 * Source: etcd api/etcdserverpb/rpc.proto, server/storage/schema/alarm.go (3.6.14).
 */
import { WireReader, WireWriter } from '../../base/index.ts';
import { decodingRecord } from './record-fault.ts';

export const alarmTypes = { none: 0, noSpace: 1, corrupt: 2 } as const;

export interface AlarmRecord {
  readonly memberId: bigint;
  /** A value of `alarmTypes`, or a number that a newer etcd gave a meaning to. */
  readonly alarm: number;
}

/** What etcd prints for an alarm type. */
export function formatAlarm(alarm: number): string {
  if (alarm === alarmTypes.none) return 'NONE';
  if (alarm === alarmTypes.noSpace) return 'NOSPACE';
  if (alarm === alarmTypes.corrupt) return 'CORRUPT';
  return String(alarm);
}

/** Decodes a row key. Throws RECORD_INVALID. */
export function decodeAlarmKey(key: Uint8Array): AlarmRecord {
  return decodingRecord('alarm', () => {
    const record = { memberId: 0n, alarm: 0 };
    const reader = new WireReader(key);
    while (!reader.done) {
      const { field, type } = reader.tag();
      if (field === 1 || field === 2) reader.expect(field, type, 0);
      if (field === 1) record.memberId = reader.uint64();
      else if (field === 2) record.alarm = reader.uint();
      else reader.skip(type);
    }
    return record;
  });
}

export function encodeAlarmKey(record: AlarmRecord): Uint8Array {
  const writer = new WireWriter();
  if (record.memberId !== 0n) writer.varint(1, record.memberId);
  if (record.alarm !== 0) writer.varint(2, record.alarm);
  return writer.finish();
}
