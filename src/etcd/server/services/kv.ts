import { create } from '@bufbuild/protobuf';
import {
  type CompactionRequest,
  type CompactionResponse,
  CompactionResponseSchema,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  DeleteRangeResponseSchema,
  type PutRequest,
  type PutResponse,
  PutResponseSchema,
  type RangeRequest,
  type RangeResponse,
  RangeResponseSchema,
  type ResponseHeader,
  type TxnRequest,
  type TxnResponse,
  TxnResponseSchema,
} from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import {
  applyDeleteRange,
  applyPut,
  applyTxn,
  checkPutState,
  type HasLease,
  type Workspace,
} from './kv-apply.ts';
import { checkDeleteRange, checkPut, checkRange, checkTxn } from './kv-checks.ts';
import { takeBranches, type TakenTxn } from './kv-compare.ts';
import { answerRange } from './kv-range.ts';
import { type ReleaseWays, ways36 } from './release-ways.ts';
import { rpcErrors } from './rpc-error.ts';

export interface KvServiceOptions {
  readonly store: EtcdStore;
  /** The header of a reply: who answers, and the revision that it stands for. */
  readonly header: (revision: bigint) => ResponseHeader;
  /** Whether a lease can be attached to; without it, whether the store has it. */
  readonly hasLease?: HasLease;
  /** Of 3.6 by default. */
  readonly ways?: ReleaseWays;
}

/**
 * The calls of etcd's KV service. Each one is done when it returns. Throws RpcError, and what the store throws:
 * REVISION_COMPACTED, REVISION_FUTURE, STORE_READ_ONLY, and what it finds wrong with its file.
 */
export interface KvService {
  range(request: RangeRequest): RangeResponse;
  put(request: PutRequest): PutResponse;
  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse;
  txn(request: TxnRequest): TxnResponse;
  compact(request: CompactionRequest): CompactionResponse;
}

/** Makes the service over a store. */
export type CreateKvService = (options: KvServiceOptions) => KvService;

export const createKvService: CreateKvService = (options) => new StoreKvService(options);

class StoreKvService implements KvService {
  readonly #store: EtcdStore;
  readonly #header: (revision: bigint) => ResponseHeader;
  readonly #hasLease: HasLease;
  readonly #ways: ReleaseWays;

  constructor({ store, header, hasLease = (id) => store.hasLease(id), ways = ways36 }: KvServiceOptions) {
    this.#store = store;
    this.#header = header;
    this.#hasLease = hasLease;
    this.#ways = ways;
  }

  range(request: RangeRequest): RangeResponse {
    checkRange(request);
    const { revision, ...answer } = answerRange(request, (query) => this.#store.range(query), this.#ways);
    return create(RangeResponseSchema, { ...answer, header: this.#header(revision) });
  }

  put(request: PutRequest): PutResponse {
    checkPut(request);
    if (request.lease !== 0n && !this.#hasLease(request.lease)) throw rpcErrors.leaseNotFound();
    return this.#write((work) => {
      const response = applyPut(work, request);
      return create(PutResponseSchema, { ...response, header: this.#header(work.revision) });
    });
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    checkDeleteRange(request);
    return this.#write((work) => {
      const response = applyDeleteRange(work, request);
      return create(DeleteRangeResponseSchema, { ...response, header: this.#header(work.revision) });
    });
  }

  txn(request: TxnRequest): TxnResponse {
    checkTxn(request);
    const taken = takeBranches(request, (query) => this.#store.range(query));
    this.#checkState(taken);
    const apply = (work: Workspace) => {
      const response = applyTxn(work, taken, this.#ways);
      return create(TxnResponseSchema, { ...response, header: this.#header(work.revision) });
    };
    return writes(taken) ? this.#write(apply) : apply(readsOf(this.#store));
  }

  compact({ revision }: CompactionRequest): CompactionResponse {
    this.#store.compact(revision);
    return create(CompactionResponseSchema, { header: this.#header(this.#store.currentRevision) });
  }

  #write<T>(apply: (work: Workspace) => T): T {
    const transaction = this.#store.begin();
    try {
      const response = apply(transaction);
      transaction.commit();
      return response;
    } catch (error) {
      if (transaction.isOpen) transaction.rollback();
      throw error;
    }
  }

  /** What refuses a transaction before any of it is carried out. */
  #checkState({ ops, nested }: TakenTxn): void {
    const surroundings = { store: this.#store, hasLease: this.#hasLease, ways: this.#ways };
    for (const op of ops) {
      const { request } = op;
      if (request.case === 'requestRange') this.#checkRevision(request.value.revision);
      else if (request.case === 'requestPut') checkPutState(request.value, surroundings);
      else if (request.case === 'requestTxn') this.#checkState(nested.get(op)!);
    }
  }

  #checkRevision(revision: bigint): void {
    if (revision === 0n) return;
    if (revision > this.#store.currentRevision) throw rpcErrors.futureRevision();
    if (revision < this.#store.compactRevision) throw rpcErrors.compacted();
  }
}

function writes({ ops, nested }: TakenTxn): boolean {
  return ops.some(
    (op) =>
      op.request.case === 'requestPut' ||
      op.request.case === 'requestDeleteRange' ||
      (op.request.case === 'requestTxn' && writes(nested.get(op)!)),
  );
}

/** A workspace for what writes nothing. */
function readsOf(store: EtcdStore): Workspace {
  const refuse = () => {
    throw new Error('a write among reads');
  };
  return {
    revision: store.currentRevision,
    range: (query) => store.range(query),
    put: refuse,
    deleteRange: refuse,
  };
}
