import type { GoJson } from '../go-json.ts';
import type { Output, View } from '../view.ts';
import { field } from './etcd-fields.ts';

/** A result of rows, with lines below them that say what they come to. */
export interface RowsResult {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly json: GoJson;
  readonly lines?: readonly string[];
}

/** Rows in columns; nothing of the columns when there are none. */
export function rowsView({ header, rows, json, lines = [] }: RowsResult): View {
  return {
    simple(output) {
      if (rows.length > 0) columns([header.map((title) => title.toUpperCase()), ...rows], output);
      for (const line of lines) output.line(line);
    },
    json: () => json,
    table: () => ({ align: 'left', header, rows }),
    fields(output) {
      for (const row of rows) {
        for (const [column, title] of header.entries()) field(output, title, row[column]!);
        output.line('');
      }
    },
  };
}

function columns(all: readonly (readonly string[])[], output: Output): void {
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  for (const row of all)
    output.line(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}
