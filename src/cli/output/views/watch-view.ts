import type { Event, WatchResponse } from '../../../etcd/index.ts';
import type { View } from '../view.ts';
import { field, headerLines, keyValueLines } from './etcd-fields.ts';
import { eventJson, headerFields } from './etcd-json.ts';
import { type KeyValueOptions, printKeyValue } from './key-value-views.ts';

/** One response of a watch. Watches print one after the other, so JSON is a document a line. */
export function watchView(response: WatchResponse, options: KeyValueOptions): View {
  return {
    simple(output) {
      for (const event of response.events) {
        output.line(eventType(event));
        if (event.prevKv !== undefined) printKeyValue(output, event.prevKv, options);
        if (event.kv !== undefined) printKeyValue(output, event.kv, options);
      }
    },
    json: () => ({
      Header: headerFields(response.header),
      Events: response.events.map(eventJson),
      CompactRevision: response.compactRevision,
      Canceled: response.canceled,
      Created: response.created,
    }),
    fields(output) {
      headerLines(output, response.header, options);
      for (const event of response.events) {
        field(output, 'Type', eventType(event));
        if (event.prevKv !== undefined) keyValueLines(output, event.prevKv, 'Prev', options);
        if (event.kv !== undefined) keyValueLines(output, event.kv, '', options);
      }
    },
  };
}

export function eventType(event: Event): 'PUT' | 'DELETE' {
  return (event.type as number) === 1 ? 'DELETE' : 'PUT';
}
