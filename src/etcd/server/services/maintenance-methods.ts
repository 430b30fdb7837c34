import { type AlarmRecord, formatAlarm } from '../../../formats/mvcc/index.ts';
import { AlarmRequest_AlarmAction as AlarmAction, AlarmType, type Maintenance } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import { EncodedMessage, type ServiceHandlers } from '../transport/index.ts';
import { obeyAlarmRequest } from './alarm-request.ts';
import type { ResponseHeaders } from './response-headers.ts';
import { RpcError, rpcCodes } from './rpc-error.ts';
import type { ServedVersion } from './served-version.ts';
import { snapshotMessages } from './snapshot-messages.ts';
import { unsupported } from './status-of.ts';
import type { WriteGate } from './write-gate.ts';

/** etcd's default for --quota-backend-bytes. */
const defaultQuotaBytes = 2n << 30n;

const alarmTypes = [AlarmType.NONE, AlarmType.NOSPACE, AlarmType.CORRUPT] as const;

export interface MaintenanceOptions {
  readonly store: EtcdStore;
  readonly gate: WriteGate;
  readonly headers: ResponseHeaders;
  readonly version: ServedVersion;
}

/** The Maintenance service: a member that leads a cluster of itself. */
export function maintenanceMethods(options: MaintenanceOptions): ServiceHandlers<typeof Maintenance> {
  const { store, gate, headers, version } = options;
  return {
    ...hashMethods(options),
    status: statusMethod(options),
    alarm(request, call) {
      if (request.action !== AlarmAction.GET) gate.admitAlarm(call);
      const alarms = obeyAlarmRequest(store, request).map(({ memberId, alarm }) => ({
        memberID: memberId,
        alarm: alarmTypes[alarm] ?? AlarmType.NONE,
      }));
      return { header: headers.header(), alarms };
    },
    // Nothing is ever fragmented here; etcd sets no header either.
    defragment: () => ({}),
    async snapshot(_request, out, { signal }) {
      for await (const message of snapshotMessages(await store.snapshot(), version.storage)) {
        if (signal.aborted) return;
        const room = out.send(new EncodedMessage(message));
        if (room !== undefined) await room;
      }
    },
    moveLeader() {
      throw new RpcError(rpcCodes.failedPrecondition, 'etcdserver: bad leader transferee');
    },
    downgrade() {
      throw unsupported('downgrades cannot be prepared');
    },
  };
}

function hashMethods({ store, headers, version }: MaintenanceOptions) {
  return {
    hash: async () => {
      const header = headers.header();
      return { header, hash: await store.hash() };
    },
    hashKV: async ({ revision }: { readonly revision: bigint }) => {
      const header = headers.header();
      const { hash, compactRevision, hashRevision } = await store.hashKv(revision);
      // Known to clients since 3.6.
      return version.storage === undefined
        ? { header, hash, compactRevision }
        : { header, hash, compactRevision, hashRevision };
    },
  };
}

function statusMethod({ store, headers, version }: MaintenanceOptions) {
  // Each write of a client is an entry of the log; nothing else is here.
  let written = 0n;
  store.onCommit(() => written++);
  return () => {
    const { facts } = store;
    const { memberId, raftTerm } = headers.identity;
    const raftIndex = facts.consistentIndex + written;
    return {
      header: headers.header(),
      version: version.server,
      dbSize: BigInt(facts.databaseBytes),
      dbSizeInUse: BigInt(facts.usedBytes),
      leader: memberId,
      raftIndex,
      raftTerm,
      raftAppliedIndex: raftIndex,
      errors: store.alarms().map(alarmText),
      isLearner: false,
      ...(version.storage === undefined
        ? {}
        : {
            storageVersion: version.storage,
            dbSizeQuota: defaultQuotaBytes,
            downgradeInfo: { enabled: false },
          }),
    };
  };
}

/** As Go prints the message. */
function alarmText({ memberId, alarm }: AlarmRecord): string {
  const member = memberId === 0n ? '' : `memberID:${memberId.toString()} `;
  return `${member}alarm:${formatAlarm(alarm)} `;
}
