import type { ServiceHandlers } from '../transport/index.ts';
import type { KV } from '../../api.ts';
import type { KvService } from './kv.ts';
import { RpcError, rpcCodes } from './rpc-error.ts';
import type { WriteGate } from './write-gate.ts';

/** The KV service behind what etcd checks first. */
export function kvMethods(kv: KvService, gate: WriteGate): ServiceHandlers<typeof KV> {
  return {
    range(request) {
      gate.admitRead();
      return kv.range(request);
    },
    rangeStream() {
      // In the words of a server that has never heard of it: clients then ask for a plain range.
      const message = 'unknown method RangeStream for service etcdserverpb.KV';
      return Promise.reject(new RpcError(rpcCodes.unimplemented, message));
    },
    put(request, call) {
      gate.admitWrite(call, { grows: true });
      return kv.put(request);
    },
    deleteRange(request, call) {
      gate.admitWrite(call, { grows: false });
      return kv.deleteRange(request);
    },
    txn(request, call) {
      gate.admitTxn(request, call);
      return kv.txn(request);
    },
    compact(request, call) {
      gate.admitWrite(call, { grows: false });
      return kv.compact(request);
    },
  };
}
