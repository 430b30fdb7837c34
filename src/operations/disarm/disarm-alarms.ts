import type { OperationContext } from '../../base/index.ts';
import {
  AlarmRequest_AlarmAction,
  type AlarmMember,
  type EtcdClientOptions,
  openEtcdClient,
} from '../../etcd/index.ts';

export interface DisarmOptions {
  readonly client: EtcdClientOptions;
}

/**
 * Disarms every alarm that is active and returns those. etcd knows no "all" for this: each is named in turn, as the
 * Go client does. Errors: those of any call.
 */
export async function disarmAlarms(
  { client: options }: DisarmOptions,
  ctx: OperationContext,
): Promise<AlarmMember[]> {
  await using client = openEtcdClient({ ...options, signal: ctx.signal, log: ctx.log });
  const active = await client.maintenance.alarm({ action: AlarmRequest_AlarmAction.GET });
  const disarmed: AlarmMember[] = [];
  for (const { memberID, alarm } of active.alarms) {
    const reply = await client.maintenance.alarm({
      action: AlarmRequest_AlarmAction.DEACTIVATE,
      memberID,
      alarm,
    });
    disarmed.push(...reply.alarms);
  }
  return disarmed;
}
