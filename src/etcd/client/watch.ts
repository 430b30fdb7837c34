import type { MessageInitShape } from '@bufbuild/protobuf';
import { HoldfastError, type Logger } from '../../base/index.ts';
import type { WatchCreateRequestSchema, WatchRequestSchema, WatchResponse } from '../api.ts';
import { type Calls, pause, wasUnavailable, wasUnreachable } from './calls.ts';
import { serverError } from './etcd-error.ts';
import type { CallOptions } from './options.ts';
import { RequestQueue } from './request-queue.ts';

/**
 * A running watch: iterate it once. It yields every response in order: first the one that says it was created, then
 * events (never part of a revision: fragments are joined) and progress notifications (no events). When the connection
 * breaks it goes on with the revision after the last one seen, on any endpoint, for as long as it takes.
 *
 * Errors while iterating: REVISION_COMPACTED (with details.compactRevision) or ETCD_ERROR when the server cancels it,
 * INTERRUPTED by a signal, and those of any call while it has not been created yet.
 */
export interface WatchStream extends AsyncIterable<WatchResponse>, AsyncDisposable {
  /** Asks for a progress notification; the server answers when this watch is caught up. */
  requestProgress(): void;
  /** Ends the iteration. */
  cancel(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 3000;
/** Without this a member cut off from its cluster would keep a watch open and silent. */
const streamHeaders = { hasleader: 'true' };

type CreateRequest = MessageInitShape<typeof WatchCreateRequestSchema>;

/** Starts a watch; it dials when iterated. */
export function openWatch(
  calls: Calls,
  request: CreateRequest,
  options: CallOptions,
  log: Logger,
): WatchStream {
  return new RunningWatch(calls, request, options, log);
}

class RunningWatch implements WatchStream {
  readonly #calls: Calls;
  readonly #request: CreateRequest;
  readonly #options: CallOptions;
  readonly #log: Logger;
  readonly #canceled = new AbortController();
  #requests = new RequestQueue<MessageInitShape<typeof WatchRequestSchema>>();
  /** Where to go on after a break; undefined until the watch was created. */
  #nextRevision: bigint | undefined;
  /** Set from a refused token until the next response: a second refusal is final. */
  #tokenRenewed = false;

  constructor(calls: Calls, request: CreateRequest, options: CallOptions, log: Logger) {
    this.#calls = calls;
    this.#request = request;
    this.#options = options;
    this.#log = log;
  }

  requestProgress(): void {
    this.#requests.push({ requestUnion: { case: 'progressRequest', value: {} } });
  }

  cancel(): void {
    this.#canceled.abort();
    this.#requests.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchResponse, void> {
    let pauseMs = firstPauseMs;
    try {
      for (;;) {
        try {
          for await (const response of this.#stream()) {
            pauseMs = firstPauseMs;
            this.#tokenRenewed = false;
            yield response;
          }
          throw new HoldfastError('CONNECTION_LOST', 'the server ended the watch stream');
        } catch (error) {
          if (this.#canceled.signal.aborted) return;
          this.#throwUnlessResumable(error);
        }
        await pause(pauseMs, this.#signal());
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    } finally {
      this.cancel();
    }
  }

  #throwUnlessResumable(error: unknown): void {
    if (!this.#tokenRenewed && this.#calls.dropStaleToken(error)) {
      this.#tokenRenewed = true;
      return;
    }
    const resumable = wasUnavailable(error) || wasUnreachable(error);
    if (this.#nextRevision === undefined || !resumable) throw error;
    this.#log.warn('watch interrupted, reconnecting', {
      reason: error instanceof Error ? error.message : String(error),
      nextRevision: this.#nextRevision,
    });
  }

  #signal(): AbortSignal {
    const own = this.#canceled.signal;
    const { signal } = this.#options;
    return this.#calls.signalOf({ signal: signal === undefined ? own : AbortSignal.any([own, signal]) });
  }

  /** One stream with one watch on it. */
  async *#stream(): AsyncGenerator<WatchResponse, void> {
    const resuming = this.#nextRevision !== undefined;
    const startRevision = this.#nextRevision ?? this.#request.startRevision ?? 0n;
    this.#requests = new RequestQueue();
    this.#requests.push({
      requestUnion: { case: 'createRequest', value: { ...this.#request, startRevision } },
    });
    const options = { ...this.#options, signal: this.#signal() };
    const method = { service: 'Watch', method: 'watch' } as const;
    const replies = await this.#calls.stream(method, this.#requests, options, streamHeaders);
    const endpoint = this.#options.endpoint ?? '';
    for await (const response of joinFragments(replies as AsyncIterable<WatchResponse>)) {
      if (response.canceled) throw canceledByServer(response, endpoint, this.#calls.userGiven);
      this.#noteRevision(response, startRevision);
      if (response.created && resuming) continue;
      yield response;
    }
  }

  #noteRevision(response: WatchResponse, startRevision: bigint): void {
    const last = response.events.at(-1)?.kv?.modRevision;
    const seen = last ?? response.header?.revision ?? 0n;
    // A created reply tells the store's revision, but history from the start on is still to come.
    const next = response.created && startRevision > 0n ? startRevision : seen + 1n;
    if (next > (this.#nextRevision ?? 0n)) this.#nextRevision = next;
  }
}

/** Joins the fragments of a response; with `fragment` unset in the request there are none. */
async function* joinFragments(replies: AsyncIterable<WatchResponse>): AsyncGenerator<WatchResponse, void> {
  let parts: WatchResponse[] = [];
  for await (const reply of replies) {
    parts.push(reply);
    if (reply.fragment) continue;
    yield parts.length === 1 ? reply : { ...reply, events: parts.flatMap((part) => part.events) };
    parts = [];
  }
}

function canceledByServer(response: WatchResponse, endpoint: string, userGiven: boolean): HoldfastError {
  const situation = { endpoint, signals: [], userGiven };
  if (response.compactRevision > 0n) {
    return new HoldfastError('REVISION_COMPACTED', 'etcdserver: mvcc: required revision has been compacted', {
      details: { endpoint, compactRevision: Number(response.compactRevision) },
    });
  }
  // 1 is Canceled; a refusal by etcd's auth arrives as "rpc error: code = PermissionDenied desc = …".
  const reason = response.cancelReason.replace(/^rpc error: code = \w+ desc = /, '');
  return serverError(1, reason === '' ? 'etcdserver: watch canceled' : reason, situation);
}
