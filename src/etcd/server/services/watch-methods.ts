import type { Watch, WatchCreateRequest, WatchRequest } from '../../api.ts';
import { WatchCreateRequest_FilterType as FilterType } from '../../api.ts';
import { EncodedMessage, type ServiceHandlers } from '../transport/index.ts';
import { encodeWatchReply, type WatchHub, type WatchOptions, type WatchStream } from '../watch/index.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** The Watch service: requests go into a stream of the hub, its replies come out. */
export function watchMethods(hub: WatchHub, headers: ResponseHeaders): ServiceHandlers<typeof Watch> {
  return {
    async watch(requests, out, { signal }) {
      const stream = hub.openStream();
      const received = receive(requests, stream, signal);
      const sent = async () => {
        while (!signal.aborted) {
          const replies = stream.next();
          for (const reply of replies) {
            const message = new EncodedMessage(encodeWatchReply(reply, headers.encoded(reply.revision)));
            const room = out.send(message);
            if (room !== undefined) await room;
          }
          if (replies.length === 0) await stream.ready(signal);
        }
      };
      try {
        // A client may stop asking and go on listening: only a failure of what it sends ends the stream.
        await Promise.all([received, sent()]);
      } finally {
        hub.closeStream(stream);
      }
    },
  };
}

async function receive(
  requests: AsyncIterable<WatchRequest>,
  stream: WatchStream,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const { requestUnion } of requests) {
      if (requestUnion.case === 'createRequest') stream.create(watchOptions(requestUnion.value));
      else if (requestUnion.case === 'cancelRequest') stream.cancel(requestUnion.value.watchId);
      else if (requestUnion.case === 'progressRequest') stream.requestProgress();
      await stream.roomForRequest(signal);
    }
  } catch (error) {
    // A stream that broke or was canceled says so to whoever reads it; the signal has told us.
    if (!signal.aborted) throw error;
  }
}

function watchOptions(request: WatchCreateRequest): WatchOptions {
  const { filters, ...rest } = request;
  return {
    ...rest,
    noPut: filters.includes(FilterType.NOPUT),
    noDelete: filters.includes(FilterType.NODELETE),
  };
}
