/** Text on a terminal: words stay whole, and what goes on stands below its column. */

/** What keeps a word together with the next one. */
export const noBreak = '\u00a0';

/** Lines of whole words, none wider than it has to be. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => each.replaceAll(noBreak, ' '));
}

/** A label or a column that takes more of a line than this leaves too little for what goes on below the next one. */
const mostForLabel = 0.6;

/**
 * A line of a report in as many lines as it needs. What goes on stands below its last column, or below an earlier one
 * where the last leaves too little room.
 */
export function foldLine(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const columns = [...line.matchAll(/^\s+|(?<=\S)\s{2,}/g)].map(({ index, 0: gap }) => index + gap.length);
  const start = columns.findLast((column) => fits(line.slice(column), column, width)) ?? 0;
  const hanging = start === 0 ? '  ' : ' '.repeat(start);
  const [first = '', ...rest] = wrapWords(line.slice(start), width - hanging.length);
  return [`${line.slice(0, start)}${first}`, ...rest.map((part) => `${hanging}${part}`)].map((part) =>
    part.trimEnd(),
  );
}

function fits(text: string, column: number, width: number): boolean {
  const longest = Math.max(...text.split(' ').map(({ length }) => length));
  return column <= width * mostForLabel && column + longest <= width;
}
