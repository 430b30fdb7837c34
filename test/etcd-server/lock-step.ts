import assert from 'node:assert/strict';
import { formatHex, isHoldfastError } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import type { KnownState, RandomCall } from './random-calls.ts';

export interface Pair {
  readonly etcd: EtcdClient;
  readonly ours: EtcdClient;
}

/** Sends a call to both, compares what comes back, errors included, and notes it. Resolves with the error's text. */
export async function inLockStep(
  pair: Pair,
  call: RandomCall,
  known: KnownState,
): Promise<string | undefined> {
  const expected = await outcomeOf(call, pair.etcd);
  const actual = await outcomeOf(call, pair.ours);
  assert.deepEqual(actual, expected, `${call.name} ${JSON.stringify(plain(call.request))}`);
  const { revision } = expected;
  if (revision !== undefined && revision > known.revision) known.revision = revision;
  if (expected.error === undefined) call.note?.(known);
  return expected.error?.message;
}

interface Outcome {
  readonly revision?: bigint;
  readonly reply?: unknown;
  readonly error?: { readonly message: string; readonly grpcCode: unknown };
}

async function outcomeOf(call: RandomCall, client: EtcdClient): Promise<Outcome> {
  try {
    const reply = (await call.send(client)) as { header?: { revision: bigint } };
    const { header, ...rest } = reply;
    return { ...(header === undefined ? {} : { revision: header.revision }), reply: plain(rest) };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { error: { message: error.message, grpcCode: error.details['grpcCode'] } };
  }
}

/** Messages as values that compare and print: bytes in hex, numbers as text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return formatHex(value);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
