/** One watch stream on one server, and what it has told. */
import assert from 'node:assert/strict';
import { toJson } from '@bufbuild/protobuf';
import { EventSchema, Watch, type WatchResponse } from '../../src/etcd/index.ts';
import { type RawCall, RawConnection, rawMethod } from '../support/raw-grpc.ts';

type WatchCall = RawCall<typeof Watch.method.watch.input, typeof Watch.method.watch.output>;
export type WatchRequestUnion = NonNullable<Parameters<WatchCall['send']>[0]['requestUnion']>;

/** An answer to a request for progress, or to a watch that is refused, names no watch. */
const noWatch = -1n;
const progressPauseMs = 20;

/** What each watch said, in its order. How events are spread over messages is each server's own affair. */
export type Told = ReadonlyMap<bigint, readonly object[]>;

export class WatchSide implements AsyncDisposable {
  readonly #name: string;
  readonly #connection: RawConnection;
  readonly #call: WatchCall;
  #told = new Map<bigint, object[]>();
  /** Watches that ended by a compaction: in the way of progress until the client has agreed to their end. */
  readonly #compacted = new Set<bigint>();
  /** Those of them that it has agreed about; the answer is still to come. */
  readonly #ending = new Set<bigint>();

  /** @param name of the server, for the message of a wait that is too long */
  constructor(name: string, url: string) {
    this.#name = name;
    this.#connection = new RawConnection(url);
    this.#call = this.#connection.open(rawMethod(Watch.method.watch));
  }

  /**
   * Creates or cancels a watch. etcd gives no order to answers and to events of other watches, so nothing else may be
   * asked before this has resolved.
   */
  async ask(requestUnion: WatchRequestUnion): Promise<WatchResponse> {
    const canceled = requestUnion.case === 'cancelRequest' ? requestUnion.value.watchId : undefined;
    this.#call.send({ requestUnion });
    for (;;) {
      const reply = await this.#take(`${requestUnion.case ?? 'nothing'} ${canceled ?? ''}`);
      if (reply.created || isAgreement(reply, canceled)) return reply;
    }
  }

  /** Reads until the server has said that every watch has seen everything up to its current revision. */
  async readTo(revision: bigint): Promise<void> {
    // A server that still reads the past for a watch does not answer: it is asked until it does.
    const ask = () => this.#call.send({ requestUnion: { case: 'progressRequest', value: {} } });
    ask();
    const asking = setInterval(ask, progressPauseMs);
    try {
      let seen = 0n;
      while (seen < revision || this.#ending.size > 0) {
        this.#agreeToEnds();
        const reply = await this.#take(`progress to revision ${revision}`);
        if (isProgress(reply)) seen = reply.header!.revision;
      }
    } finally {
      clearInterval(asking);
    }
  }

  /** What was told since the last time. */
  takeTold(): Told {
    const told = this.#told;
    this.#told = new Map();
    return told;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }

  async #take(waitsFor: string): Promise<WatchResponse> {
    const reply = await this.#call.next().catch((error: unknown): never => {
      throw new Error(`${this.#name} leaves ${waitsFor} without an answer`, { cause: error });
    });
    assert.ok(reply !== undefined, `${this.#name} has ended the stream`);
    if (isProgress(reply)) return reply;
    const { watchId, canceled, compactRevision } = reply;
    const said = this.#told.get(watchId) ?? [];
    this.#told.set(watchId, said);
    said.push(...whatItSays(reply));
    if (compactRevision > 0n) this.#compacted.add(watchId);
    else if (canceled) this.#ending.delete(watchId);
    return reply;
  }

  /** Not as soon as they are told of: when a server tells of them is a matter of time, and the answer has a revision. */
  #agreeToEnds(): void {
    for (const watchId of this.#compacted) {
      this.#call.send({ requestUnion: { case: 'cancelRequest', value: { watchId } } });
      this.#ending.add(watchId);
    }
    this.#compacted.clear();
  }
}

function isProgress(reply: WatchResponse): boolean {
  return reply.watchId === noWatch && !reply.created;
}

function isAgreement(reply: WatchResponse, watchId: bigint | undefined): boolean {
  return reply.canceled && reply.compactRevision === 0n && reply.watchId === watchId;
}

function whatItSays(reply: WatchResponse): object[] {
  const { header, events, created, canceled, compactRevision, cancelReason } = reply;
  const revision = header!.revision;
  // The revision of a message with events tells how far the server was when it made the message.
  if (created || canceled) return [{ created, canceled, compactRevision, cancelReason, revision }];
  for (const { kv } of events) assert.ok(kv!.modRevision <= revision);
  return events.map((event) => toJson(EventSchema, event) as object);
}
