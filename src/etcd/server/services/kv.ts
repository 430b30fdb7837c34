import type {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  TxnRequest,
  TxnResponse,
} from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';

export interface KvServiceOptions {
  readonly store: EtcdStore;
  /** The header of a reply: who answers, and the revision that it stands for. */
  readonly header: (revision: bigint) => ResponseHeader;
  /** Whether a lease can be attached to; without it, whether the store has it. */
  readonly hasLease?: (id: bigint) => boolean;
}

/** The calls of etcd's KV service. Each one is done when it returns. Throws RpcError. */
export interface KvService {
  range(request: RangeRequest): RangeResponse;
  put(request: PutRequest): PutResponse;
  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse;
  txn(request: TxnRequest): TxnResponse;
  compact(request: CompactionRequest): CompactionResponse;
}

/** Makes the service over a store. */
export type CreateKvService = (options: KvServiceOptions) => KvService;
