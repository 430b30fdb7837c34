import { alarmTypes } from '../../../formats/mvcc/index.ts';
import type { TxnRequest } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import type { Call } from '../transport/index.ts';
import { RpcError, rpcCodes, rpcErrors } from './rpc-error.ts';
import { readOnly } from './status-of.ts';

/** etcd's default for --max-request-bytes. */
export const maxRequestBytes = 3 << 19;
/** What the transport takes on top of it, before etcd looks at the request. */
export const requestOverheadBytes = 512 << 10;
/** What etcd wraps around a request before it measures it: a header with an id, and the tag and length of both. */
const proposalBytes = 18;

/**
 * What etcd looks at before a request may do anything: alarms, the size of a write, and here whether there are writes.
 *
 * Source: etcd server/etcdserver/v3_server.go, apply/apply.go, apply/uber_apply.go (3.6.16).
 */
export class WriteGate {
  readonly #store: EtcdStore;

  constructor(store: EtcdStore) {
    this.#store = store;
  }

  /** For reads. */
  admitRead(): void {
    this.#refuseWhenCorrupt();
  }

  /** For alarms: the way out of one is never barred. */
  admitAlarm({ requestBytes }: Call): void {
    if (this.#store.readOnly) throw readOnly();
    if (requestBytes + proposalBytes > maxRequestBytes) throw rpcErrors.requestTooLarge();
  }

  /** For writes; `grows` are those that a full database refuses. */
  admitWrite(call: Call, { grows }: { readonly grows: boolean }): void {
    this.admitAlarm(call);
    this.#refuseWhenCorrupt();
    if (grows && this.#hasAlarm(alarmTypes.noSpace)) {
      throw new RpcError(rpcCodes.resourceExhausted, 'etcdserver: mvcc: database space exceeded');
    }
  }

  admitTxn(request: TxnRequest, call: Call): void {
    if (isReadOnly(request)) this.admitRead();
    else this.admitWrite(call, { grows: has(request, 'requestPut') });
  }

  #refuseWhenCorrupt(): void {
    if (this.#hasAlarm(alarmTypes.corrupt))
      throw new RpcError(rpcCodes.dataLoss, 'etcdserver: corrupt cluster');
  }

  #hasAlarm(type: number): boolean {
    return this.#store.alarms().some(({ alarm }) => alarm === type);
  }
}

function isReadOnly(request: TxnRequest): boolean {
  return !has(request, 'requestPut') && !has(request, 'requestDeleteRange');
}

/** Whether a transaction may do such an operation, in whichever branch. */
function has(request: TxnRequest, operation: 'requestPut' | 'requestDeleteRange'): boolean {
  return [...request.success, ...request.failure].some(
    ({ request: op }) => op.case === operation || (op.case === 'requestTxn' && has(op.value, operation)),
  );
}
