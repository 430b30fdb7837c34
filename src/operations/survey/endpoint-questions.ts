import { hasCode, type HoldfastError, type OperationContext, utf8 } from '../../base/index.ts';
import {
  AlarmType,
  AlarmRequest_AlarmAction,
  type EtcdClient,
  type HashKVResponse,
  openEtcdClient,
  type StatusResponse,
} from '../../etcd/index.ts';
import {
  ask,
  type EndpointReport,
  endpointsToAsk,
  surveyEndpoints,
  type SurveyOptions,
} from './survey-endpoints.ts';

/** Status of every endpoint. */
export function surveyStatus(
  options: SurveyOptions,
  ctx: OperationContext,
): Promise<EndpointReport<StatusResponse>[]> {
  return surveyEndpoints(options, ctx, (client, endpoint) => client.maintenance.status({}, { endpoint }));
}

export interface HashSurveyOptions extends SurveyOptions {
  /** Revision to hash at; 0 or none for the current one of each. */
  readonly revision?: bigint;
}

/** HashKV of every endpoint. Only hashes with equal revision and compact revision can be compared. */
export function surveyHashKv(
  { revision = 0n, ...options }: HashSurveyOptions,
  ctx: OperationContext,
): Promise<EndpointReport<HashKVResponse>[]> {
  return surveyEndpoints(options, ctx, (client, endpoint) =>
    client.maintenance.hashKV({ revision }, { endpoint }),
  );
}

export interface EndpointHealth {
  readonly endpoint: string;
  readonly isHealthy: boolean;
  readonly tookMs: number;
  /** Why it is not healthy, in etcdctl's words where etcdctl has some. */
  readonly problem?: string;
  /** The failure behind the problem, if a call failed. */
  readonly error?: HoldfastError;
}

/**
 * Health of every endpoint as etcdctl judges it: a linearizable read is answered (being refused the key counts as an
 * answer) and no alarm is active. Source: etcdctl/ctlv3/command/ep_command.go, 3.5 to 3.7.
 */
export async function surveyHealth(options: SurveyOptions, ctx: OperationContext): Promise<EndpointHealth[]> {
  const reports = await surveyEndpoints(options, ctx, findAlarms);
  return reports.map((report) => {
    const { endpoint, tookMs } = report;
    if ('error' in report)
      return { endpoint, tookMs, isHealthy: false, problem: report.error.message, error: report.error };
    const { reply } = report;
    if (reply === 'unknown')
      return { endpoint, tookMs, isHealthy: false, problem: 'Unable to fetch the alarm list' };
    if (reply.length === 0) return { endpoint, tookMs, isHealthy: true };
    return {
      endpoint,
      tookMs,
      isHealthy: false,
      problem: `Active Alarm(s): ${reply.map((name) => `${name} `).join('')}`,
    };
  });
}

/** Alarms of a member that answers reads; throws when it does not. */
async function findAlarms(client: EtcdClient, endpoint: string): Promise<readonly string[] | 'unknown'> {
  try {
    await client.kv.range({ key: utf8('health') }, { endpoint });
  } catch (error) {
    if (!hasCode(error, 'PERMISSION_DENIED')) throw error;
  }
  try {
    const { alarms } = await client.maintenance.alarm({ action: AlarmRequest_AlarmAction.GET }, { endpoint });
    return alarms.map(({ alarm }) => AlarmType[alarm]);
  } catch (error) {
    if (hasCode(error, 'INTERRUPTED')) throw error;
    return 'unknown';
  }
}

export interface DefragmentOptions extends SurveyOptions {
  /** Called as each endpoint is done: a defragmentation may take minutes. */
  readonly onReport?: (report: EndpointReport<void>) => void;
}

/** Defragments the endpoints one after the other: a member does not serve while it does that. */
export async function defragmentEndpoints(
  options: DefragmentOptions,
  ctx: OperationContext,
): Promise<EndpointReport<void>[]> {
  await using client = openEtcdClient({ ...options.client, signal: ctx.signal, log: ctx.log });
  const reports: EndpointReport<void>[] = [];
  for (const endpoint of await endpointsToAsk(client, options)) {
    const report = await ask(client, endpoint, defragment, ctx.clock);
    reports.push(report);
    options.onReport?.(report);
  }
  return reports;
}

async function defragment(client: EtcdClient, endpoint: string): Promise<void> {
  await client.maintenance.defragment({}, { endpoint });
}
