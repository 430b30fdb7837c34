import type { View } from '../view.ts';
import { field } from './etcd-fields.ts';

/** One value of a record, under the names that the formats use. */
export interface RecordField {
  /** Column title, and name in the `fields` format. */
  readonly title: string;
  /** Name in JSON. */
  readonly json: string;
  readonly value: string | number | bigint | boolean;
  /** How it is shown as text; its JSON by default. */
  readonly text?: string;
}

/** A result of a few named values. `simple` says it in words. */
export function recordView(fields: readonly RecordField[], simple: readonly string[]): View {
  const textOf = ({ text, value }: RecordField) => text ?? value.toString();
  return {
    simple(output) {
      for (const line of simple) output.line(line);
    },
    json: () => Object.fromEntries(fields.map(({ json, value }) => [json, value])),
    fields(output) {
      for (const entry of fields) field(output, entry.title, textOf(entry));
    },
    table: () => ({ header: fields.map(({ title }) => title), rows: [fields.map(textOf)] }),
  };
}
