import { utf8, WireWriter } from '../../src/base/index.ts';

/** A message by hand: `[field, value]`, where a number is a varint and a list a message. */
export type Fields = readonly (readonly [
  field: number,
  value: number | bigint | string | Uint8Array | Fields,
])[];

export function message(fields: Fields): WireWriter {
  const writer = new WireWriter();
  for (const [field, value] of fields) {
    if (typeof value === 'number' || typeof value === 'bigint') writer.varint(field, value);
    else if (typeof value === 'string') writer.string(field, value);
    else if (value instanceof Uint8Array) writer.bytes(field, value);
    else writer.message(field, message(value));
  }
  return writer;
}

export function envelope(
  apiVersion: string,
  kind: string,
  raw: Uint8Array,
  ...more: Fields[number][]
): Uint8Array {
  const unknown = message([
    [
      1,
      [
        [1, apiVersion],
        [2, kind],
      ],
    ],
    [2, raw],
    ...more,
  ]).finish();
  return Buffer.concat([utf8('k8s\0'), unknown]);
}

export function stored(apiVersion: string, kind: string, fields: Fields): Uint8Array {
  return envelope(apiVersion, kind, message(fields).finish());
}
