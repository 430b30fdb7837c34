import type { KV } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import type { ServiceHandlers } from '../transport/index.ts';
import { encodePlainRange, isPlainRange } from './encode-range.ts';
import { checkRange } from './kv-checks.ts';
import type { KvService } from './kv.ts';
import type { ResponseHeaders } from './response-headers.ts';
import { RpcError, rpcCodes } from './rpc-error.ts';
import type { WriteGate } from './write-gate.ts';

export interface KvMethodsOptions {
  readonly kv: KvService;
  readonly store: EtcdStore;
  readonly gate: WriteGate;
  readonly headers: ResponseHeaders;
}

/** The KV service behind what etcd checks first. */
export function kvMethods({ kv, store, gate, headers }: KvMethodsOptions): ServiceHandlers<typeof KV> {
  return {
    range(request) {
      gate.admitRead();
      if (!isPlainRange(request)) return kv.range(request);
      checkRange(request);
      return encodePlainRange(request, store, headers);
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
