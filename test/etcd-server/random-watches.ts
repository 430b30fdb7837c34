/** Random watches on two servers at once, each on one stream, and the comparison of what they tell. */
import assert from 'node:assert/strict';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { utf8 } from '../../src/base/index.ts';
import {
  type WatchCreateRequestSchema,
  WatchCreateRequest_FilterType as FilterType,
} from '../../src/etcd/index.ts';
import type { Random } from '../support/random.ts';
import type { KnownState } from './random-calls.ts';
import { type Told, WatchSide } from './watch-side.ts';

type CreateRequest = MessageInitShape<typeof WatchCreateRequestSchema>;

const mostWatches = 12;
/** Its stream always has a watch: one without tells no progress. */
const quietWatch = 1000n;
const canceledWatch = 1001n;
const everything = { key: utf8(''), rangeEnd: utf8('\0') };

export interface WatchPairOptions {
  readonly etcdUrl: string;
  readonly oursUrl: string;
  readonly known: KnownState;
  /** Writes to both servers and brings `known` to their new revision. */
  readonly write: () => Promise<void>;
}

export class WatchPair implements AsyncDisposable {
  /** What watches have said, in a word each and how often. */
  readonly said = new Map<string, number>();
  readonly #etcd: WatchSide;
  readonly #ours: WatchSide;
  readonly #known: KnownState;
  readonly #write: () => Promise<void>;
  readonly #ids = new Set<bigint>();
  /** A watch of the future is in the way of progress until its revision is there. */
  #farthestStart = 0n;

  private constructor({ etcdUrl, oursUrl, known, write }: WatchPairOptions) {
    this.#etcd = new WatchSide('etcd', etcdUrl);
    this.#ours = new WatchSide('ours', oursUrl);
    this.#known = known;
    this.#write = write;
  }

  /** Begins with a watch of each kind that there has to be one of; the last of them is canceled. */
  static async open(options: WatchPairOptions): Promise<WatchPair> {
    const pair = new WatchPair(options);
    const { compactRevision, revision } = options.known;
    await pair.#create({ key: utf8('quiet'), watchId: quietWatch });
    for (const request of [
      { ...everything, startRevision: compactRevision, prevKv: true },
      { ...everything, startRevision: compactRevision - 1n },
      { ...everything, startRevision: revision + 3n, filters: [FilterType.NOPUT] },
      { ...everything, startRevision: -1n },
      { ...everything, watchId: quietWatch },
      { key: utf8('b'), rangeEnd: utf8('a') },
      { key: utf8('canceled'), watchId: canceledWatch },
    ])
      await pair.#create(request);
    await pair.#cancel(canceledWatch);
    return pair;
  }

  /** Creates some watches, or cancels one. */
  async act(random: Random): Promise<void> {
    if (this.#ids.size >= mostWatches || (this.#ids.size > 1 && random.chance(0.3))) {
      await this.#cancel(random.pick([...this.#ids].filter((id) => id !== quietWatch)));
      return;
    }
    for (let left = random.int(1, 3); left > 0; left--) await this.#create(this.#someRequest(random));
  }

  /**
   * Waits until both have told everything, and throws unless it is the same. Has to be before each compaction: etcd
   * reads the past for a watch, and previous values for events, when it comes to it.
   */
  async compare(): Promise<void> {
    do await this.#write();
    while (this.#known.revision < this.#farthestStart);
    await Promise.all([this.#etcd, this.#ours].map((side) => side.readTo(this.#known.revision)));
    const expected = this.#etcd.takeTold();
    assert.deepEqual(this.#ours.takeTold(), expected);
    this.#note(expected);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#etcd, this.#ours].map((side) => side[Symbol.asyncDispose]()));
  }

  async #create(value: CreateRequest): Promise<void> {
    const [{ watchId, canceled }] = await this.#ask({ case: 'createRequest', value });
    if (canceled) return;
    this.#ids.add(watchId);
    const { startRevision = 0n } = value;
    if (startRevision > this.#farthestStart) this.#farthestStart = startRevision;
  }

  /** What a canceled watch has not told yet is dropped: so there is to be nothing. */
  async #cancel(watchId: bigint): Promise<void> {
    await this.compare();
    // It may have turned out to be compacted.
    if (this.#ids.delete(watchId)) await this.#ask({ case: 'cancelRequest', value: { watchId } });
  }

  #ask(request: Parameters<WatchSide['ask']>[0]) {
    return Promise.all([this.#etcd.ask(request), this.#ours.ask(request)]);
  }

  #someRequest(random: Random): CreateRequest {
    const isNamed = random.chance(0.5);
    return {
      key: utf8(random.pick(['k', 'k/1', 'k/2', 'a', 'aa', '', ''])),
      rangeEnd: utf8(random.pick(['', 'l', '\0', '\0', 'k/5', 'a'])),
      startRevision: this.#someStart(random),
      prevKv: random.chance(0.5),
      filters: [FilterType.NOPUT, FilterType.NODELETE].filter(() => random.chance(0.15)),
      fragment: random.chance(0.2),
      // Small ones, too, which the streams also give out by themselves.
      watchId: isNamed ? BigInt(random.int(1, 40)) : 0n,
    };
  }

  #someStart(random: Random): bigint {
    if (random.chance(0.3)) return 0n;
    const oldest = Number(this.#known.compactRevision) - (random.chance(0.15) ? 5 : 0);
    return BigInt(random.int(Math.max(0, oldest), Number(this.#known.revision) + 6));
  }

  #note(told: Told): void {
    for (const [watchId, said] of told)
      for (const word of said.map(wordOf)) {
        this.said.set(word, (this.said.get(word) ?? 0) + 1);
        if (word === 'compacted') this.#ids.delete(watchId);
      }
  }
}

/** Of an event or an answer, as a side tells them. */
function wordOf(said: object): string {
  if ('kv' in said) {
    const kind = 'type' in said && said.type === 'DELETE' ? 'delete' : 'put';
    return 'prevKv' in said ? `${kind} with previous` : kind;
  }
  const { created, compactRevision, cancelReason } = said as Record<string, unknown>;
  if (created === true) return cancelReason === '' ? 'created' : String(cancelReason);
  return compactRevision === 0n ? 'canceled' : 'compacted';
}
