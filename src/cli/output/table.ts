import type { Output, TextTable } from './view.ts';

/** A table in the borders of etcdctl 3.7: header in capitals and centred, cells to the right unless asked otherwise. */
export function printTable({ header, rows, align }: TextTable, output: Output): void {
  const titles = header.map((title) => title.replaceAll('_', ' ').toUpperCase());
  const widths = titles.map((title, column) =>
    Math.max(width(title), ...rows.map((row) => width(cellOf(row, column)))),
  );
  const rule = (left: string, middle: string, right: string) =>
    output.line(left + widths.map((size) => '─'.repeat(size + 2)).join(middle) + right);
  const cells = (texts: readonly string[]) => output.line(`│ ${texts.join(' │ ')} │`);
  rule('┌', '┬', '┐');
  cells(titles.map((title, column) => centred(title, widths[column]!)));
  if (rows.length > 0) rule('├', '┼', '┤');
  const place = align === 'left' ? toTheLeft : toTheRight;
  for (const row of rows) cells(widths.map((size, column) => place(cellOf(row, column), size)));
  rule('└', '┴', '┘');
}

function cellOf(row: readonly string[], column: number): string {
  return row[column]?.trim() ?? '';
}

/** Characters, not UTF-16 units. */
function width(text: string): number {
  return Array.from(text).length;
}

function toTheRight(text: string, size: number): string {
  return ' '.repeat(size - width(text)) + text;
}

function toTheLeft(text: string, size: number): string {
  return text + ' '.repeat(size - width(text));
}

/** An odd space goes to the right. */
function centred(text: string, size: number): string {
  const left = Math.floor((size - width(text)) / 2);
  return ' '.repeat(left) + text + ' '.repeat(size - width(text) - left);
}
