/** What the etcd that was found says of itself. Never fails: what it does not say is left out, with the reason. */
import { hasCode, isHoldfastError, type OperationContext, utf8 } from '../../base/index.ts';
import {
  AlarmRequest_AlarmAction,
  AlarmType,
  type EtcdClient,
  openEtcdClient,
  type StatusResponse,
} from '../../etcd/index.ts';
import type { LocalHost } from '../../hosts/index.ts';
import type { DiscoverOptions, EtcdInstallation, LiveState } from './discovery.ts';
import { isReadProblem } from './read-problem.ts';

const defaultDialTimeoutMs = 2000;
const defaultCommandTimeoutMs = 3000;

export async function askLive(
  host: LocalHost,
  etcd: EtcdInstallation,
  options: DiscoverOptions,
  ctx: OperationContext,
): Promise<LiveState> {
  const unknown: LiveState = { members: [], healthy: false, alarms: [] };
  try {
    const tls = await readTls(host, etcd);
    await using client = openEtcdClient({
      endpoints: etcd.endpoints,
      ...(tls === undefined ? {} : { tls }),
      dialTimeoutMs: options.dialTimeoutMs ?? defaultDialTimeoutMs,
      commandTimeoutMs: options.commandTimeoutMs ?? defaultCommandTimeoutMs,
      signal: ctx.signal,
    });
    return await ask(client);
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    return { ...unknown, error: error.message };
  }
}

async function readTls(host: LocalHost, { endpoints, caFile, certFile, keyFile }: EtcdInstallation) {
  if (!endpoints.some((endpoint) => endpoint.startsWith('https:'))) return undefined;
  const read = async (path: string | undefined) => {
    try {
      return path === undefined ? undefined : await host.readBytes(path, 1 << 20);
    } catch (error) {
      if (!isReadProblem(error)) throw error;
      return undefined;
    }
  };
  const [caPem, certPem, keyPem] = [await read(caFile), await read(certFile), await read(keyFile)];
  return {
    ...(caPem === undefined ? {} : { caPem }),
    ...(certPem === undefined || keyPem === undefined ? {} : { certPem, keyPem }),
  };
}

async function ask(client: EtcdClient): Promise<LiveState> {
  const status = await client.maintenance.status({});
  const self = status.header?.memberId;
  const problems: string[] = [];
  const isServing = await settled(problems, false, async () => {
    await readAnything(client);
    return true;
  });
  const alarms = await settled(problems, [], async () => {
    const reply = await client.maintenance.alarm({ action: AlarmRequest_AlarmAction.GET });
    return reply.alarms.map(({ alarm }) => AlarmType[alarm]);
  });
  const members = await settled(problems, [], async () => {
    const reply = await client.cluster.memberList({ linearizable: false });
    return reply.members.map(({ ID, name, peerURLs, clientURLs, isLearner }) => ({
      id: ID.toString(16),
      name,
      peerUrls: peerURLs,
      clientUrls: clientURLs,
      isLearner,
      isSelf: ID === self,
    }));
  });
  return {
    ...versionAndSize(status),
    members,
    healthy: isServing && alarms.length === 0,
    alarms,
    ...(problems[0] === undefined ? {} : { error: problems[0] }),
  };
}

function versionAndSize({ version, dbSize, header }: StatusResponse) {
  return {
    ...(version === '' ? {} : { version }),
    ...(header === undefined ? {} : { revision: header.revision }),
    dbSizeBytes: dbSize,
  };
}

/** A linearizable read, as etcdctl judges health: being refused the key counts as an answer. */
async function readAnything(client: EtcdClient): Promise<void> {
  try {
    await client.kv.range({ key: utf8('health') });
  } catch (error) {
    if (!hasCode(error, 'PERMISSION_DENIED')) throw error;
  }
}

async function settled<T>(problems: string[], otherwise: T, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    problems.push(error.message);
    return otherwise;
  }
}
