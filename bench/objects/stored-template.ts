/** A stored object of a real API server as a mould: the same with another name, namespace, uid and label. */
import { WireReader } from '../../src/base/index.ts';

/** What is different from one object to the next. */
export interface Cast {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  /** Value of one more label. */
  readonly batch: string;
  /** One more entry in `data`, for config maps and secrets. */
  readonly data?: Uint8Array;
}

export type Mould = (cast: Cast) => Uint8Array;

/** Takes a value as it lies in etcd: protobuf in its envelope, or JSON of a custom resource. */
export function mouldOf(value: Uint8Array): Mould {
  return value[0] === openingBrace ? jsonMould(value) : protobufMould(value);
}

const openingBrace = 0x7b;
const magicBytes = 4;

interface Field {
  readonly number: number;
  /** With its header. */
  readonly bytes: Uint8Array;
  /** The content alone, of a field that has a length. */
  readonly content: Uint8Array;
}

function fieldsOf(message: Uint8Array): Field[] {
  const reader = new WireReader(message);
  const fields: Field[] = [];
  while (!reader.done) {
    const start = reader.offset;
    const { field: number, type } = reader.tag();
    const content = type === 2 ? reader.bytes() : (reader.skip(type), message.subarray(0, 0));
    fields.push({ number, content, bytes: message.subarray(start, reader.offset) });
  }
  return fields;
}

/** Envelope {1 typeMeta, 2 raw}, raw {1 metadata, …}, metadata {1 name, 3 namespace, 5 uid, 11 labels, …}. */
function protobufMould(value: Uint8Array): Mould {
  const envelope = fieldsOf(value.subarray(magicBytes));
  const object = fieldsOf(envelope.find(({ number }) => number === 2)!.content);
  const metadata = fieldsOf(object.find(({ number }) => number === 1)!.content);
  const varied = new Set([1, 3, 5]);
  const kept = metadata.filter(({ number }) => !varied.has(number));
  const between = (from: number, to: number) =>
    Buffer.concat(kept.filter(({ number }) => number > from && number < to).map(({ bytes }) => bytes));
  const [second, fourth, upToLabels, afterLabels] = [
    between(1, 3),
    between(3, 5),
    between(5, 12),
    between(11, 99),
  ];
  const before = Buffer.concat([value.subarray(0, magicBytes), envelope[0]!.bytes]);
  const [, ...members] = object;
  const rest = Buffer.concat(members.map(({ bytes }) => bytes));
  const tail = Buffer.concat(envelope.filter(({ number }) => number > 2).map(({ bytes }) => bytes));
  return ({ name, namespace, uid, batch, data }) => {
    const meta = Buffer.concat([
      text(1, name),
      second,
      namespace === undefined ? nothing : text(3, namespace),
      fourth,
      text(5, uid),
      upToLabels,
      block(11, Buffer.concat([text(1, 'bench/batch'), text(2, batch)])),
      afterLabels,
    ]);
    const more = data === undefined ? nothing : block(2, Buffer.concat([text(1, 'payload'), block(2, data)]));
    return Buffer.concat([before, block(2, Buffer.concat([block(1, meta), more, rest])), tail]);
  };
}

function jsonMould(value: Uint8Array): Mould {
  const object = JSON.parse(Buffer.from(value).toString()) as { readonly metadata: Record<string, unknown> };
  return ({ name, namespace, uid, batch }) => {
    const labels = { ...(object.metadata['labels'] as object), 'bench/batch': batch };
    return Buffer.from(
      `${JSON.stringify({ ...object, metadata: { ...object.metadata, name, namespace, uid, labels } })}\n`,
    );
  };
}

const nothing = new Uint8Array(0);

function text(field: number, value: string): Uint8Array {
  return block(field, Buffer.from(value));
}

function block(field: number, content: Uint8Array): Uint8Array {
  const header = [(field << 3) | 2];
  let rest = content.length;
  for (; rest > 0x7f; rest >>>= 7) header.push((rest & 0x7f) | 0x80);
  header.push(rest);
  return Buffer.concat([Uint8Array.from(header), content]);
}
