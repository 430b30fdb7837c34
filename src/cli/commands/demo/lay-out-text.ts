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

/** A line of a command's output in as many lines as it needs: what goes on stands below its last column. */
export function foldLine(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const label = /^\s*(?:\S+(?: \S+)*\s{2,})?/.exec(line)![0];
  const hanging = label === '' ? '  ' : ' '.repeat(label.length);
  const [first = '', ...rest] = wrapWords(line.slice(label.length), width - hanging.length);
  return [`${label}${first}`, ...rest.map((part) => `${hanging}${part}`)];
}

/** Less of a column than this tells nothing. */
const leastOfColumn = 20;

/** A row of a table, cut: between two columns when not much of the last one would be left. */
export function cutRow(line: string, width: number): string {
  if (line.length <= width) return line;
  const cut = line.slice(0, width - 1);
  const gap = /^(.*\S)\s{2,}(.*)$/.exec(cut);
  return gap !== null && gap[2]!.length < leastOfColumn ? gap[1]! : `${cut}…`;
}
