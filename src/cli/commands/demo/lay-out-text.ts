/** Less of a column than this tells nothing. */
const leastOfColumn = 20;

/** A row of a table, cut: between two columns when not much of the last one would be left. */
export function cutRow(line: string, width: number): string {
  if (line.length <= width) return line;
  const cut = line.slice(0, width - 1);
  const gap = /^(.*\S)\s{2,}(.*)$/.exec(cut);
  return gap !== null && gap[2]!.length < leastOfColumn ? gap[1]! : `${cut}…`;
}
