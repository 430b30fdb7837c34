import { compareBytes } from '../../base/index.ts';
import { type RangeRequest, RangeRequest_SortOrder, RangeRequest_SortTarget } from '../../etcd/index.ts';
import type { SourceEntry, SourceKey } from '../objects/source/index.ts';

type Compare = (a: SourceKey, b: SourceKey) => number;

const byNumber: Readonly<Partial<Record<RangeRequest_SortTarget, (key: SourceKey) => bigint>>> = {
  [RangeRequest_SortTarget.VERSION]: ({ version }) => version,
  [RangeRequest_SortTarget.CREATE]: ({ createRevision }) => createRevision,
  [RangeRequest_SortTarget.MOD]: ({ modRevision }) => modRevision,
};

/** Keys in the order of a request; equal ones stay in byte order. Values are read only to sort by them. */
export async function* sortEntries(
  keys: AsyncIterable<SourceKey>,
  { sortTarget, sortOrder }: RangeRequest,
  read: (key: SourceKey) => Promise<SourceEntry>,
): AsyncGenerator<SourceKey> {
  const all: SourceKey[] = [];
  for await (const key of keys) all.push(key);
  const compare = await compareBy(sortTarget, all, read);
  const sign = sortOrder === RangeRequest_SortOrder.DESCEND ? -1 : 1;
  yield* all.sort((a, b) => sign * compare(a, b));
}

async function compareBy(
  target: RangeRequest_SortTarget,
  keys: readonly SourceKey[],
  read: (key: SourceKey) => Promise<SourceEntry>,
): Promise<Compare> {
  const numberOf = byNumber[target];
  if (numberOf !== undefined) {
    return (a, b) => {
      const difference = numberOf(a) - numberOf(b);
      return difference < 0n ? -1 : difference > 0n ? 1 : 0;
    };
  }
  if (target !== RangeRequest_SortTarget.VALUE) return (a, b) => compareBytes(a.key, b.key);
  const values = new Map<SourceKey, Uint8Array>();
  for (const key of keys) values.set(key, (await read(key)).value);
  return (a, b) => compareBytes(values.get(a)!, values.get(b)!);
}
