/** Reading protobuf messages by a table of their fields; unknown fields are skipped. Throws RECORD_INVALID. */
import { WireReader, type WireType } from '../../base/index.ts';

/** What to do with a field: its wire type, and a step that consumes its value. */
export interface Field {
  readonly type: WireType;
  readonly read: (reader: WireReader) => void;
}

/** Reads a message. Bytes that fields receive are views of the input. */
export function readFields(bytes: Uint8Array, fields: Readonly<Record<number, Field>>): void {
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.tag();
    const field = fields[tag.field];
    if (field === undefined) reader.skip(tag.type);
    else {
      reader.expect(tag.field, tag.type, field.type);
      field.read(reader);
    }
  }
}

export function bytesField(set: (value: Uint8Array) => void): Field {
  return { type: 2, read: (reader) => set(reader.bytes()) };
}

export function stringField(set: (value: string) => void): Field {
  return { type: 2, read: (reader) => set(reader.string()) };
}

export function int64Field(set: (value: bigint) => void): Field {
  return { type: 0, read: (reader) => set(reader.int64()) };
}

export function uint64Field(set: (value: bigint) => void): Field {
  return { type: 0, read: (reader) => set(reader.uint64()) };
}

export function boolField(set: (value: boolean) => void): Field {
  return { type: 0, read: (reader) => set(reader.bool()) };
}

/** An enum as a plain number; values that have no meaning to us stay as they are. */
export function enumField(set: (value: number) => void): Field {
  return { type: 0, read: (reader) => set(Number(BigInt.asIntN(32, reader.uint64()))) };
}
