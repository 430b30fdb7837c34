/** An answer to a range request whose keys come one by one, printed as etcdctl prints a whole one. */
import type { KeyValue, ResponseHeader } from '../../../etcd/index.ts';
import type { GatheredOutput } from '../gathered-output.ts';
import { formatGoJson } from '../go-json.ts';
import { field, headerLines, keyValueLines } from './etcd-fields.ts';
import { headerFields, keyValueJson } from './etcd-json.ts';
import { type KeyValueOptions, printKeyValue } from './key-value-views.ts';

/** Keys and what is known of them together. */
export interface KeysInTurn {
  readonly header: ResponseHeader;
  readonly kvs: AsyncIterable<KeyValue>;
  readonly more: boolean;
  readonly count: bigint;
}

type PrintKeys = (answer: KeysInTurn, options: KeyValueOptions, out: GatheredOutput) => Promise<void>;

/** Prints the answer; memory does not grow with it. */
export const printKeysInTurn: Readonly<Record<'simple' | 'json' | 'fields', PrintKeys>> = {
  async simple({ kvs }, options, out) {
    for await (const kv of kvs) {
      printKeyValue(out, kv, options);
      await out.settle();
    }
  },
  async json({ header, kvs, more, count }, _, out) {
    out.text(`{"header":${formatGoJson(headerFields(header))}`);
    let separator = ',"kvs":[';
    for await (const kv of kvs) {
      out.text(separator + formatGoJson(keyValueJson(kv)));
      separator = ',';
      await out.settle();
    }
    if (separator === ',') out.text(']');
    if (more) out.text(',"more":true');
    if (count > 0n) out.text(`,"count":${count}`);
    out.line('}');
  },
  async fields({ header, kvs, more, count }, options, out) {
    headerLines(out, header, options);
    for await (const kv of kvs) {
      keyValueLines(out, kv, '', options);
      await out.settle();
    }
    field(out, 'More', more);
    field(out, 'Count', count);
  },
};
