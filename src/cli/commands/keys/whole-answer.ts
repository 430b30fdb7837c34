/** Loaded by `keys get` for the formats that need all keys at once: protobuf stays out of the program's start. */
import { create } from '@bufbuild/protobuf';
import { type RangeResponse, RangeResponseSchema } from '../../../etcd/index.ts';
import type { KeysInTurn } from '../../output/views/index.ts';

/** The keys that come one after the other as one answer. */
export async function wholeAnswer({ header, more, count, kvs }: KeysInTurn): Promise<RangeResponse> {
  const all = [];
  for await (const kv of kvs) all.push(kv);
  return create(RangeResponseSchema, { header, kvs: all, more, count });
}
