/** The cells of a printed table, whichever borders it has: rows of trimmed texts, header first. */
export function tableCells(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^[|│]/.test(line))
    .map((line) =>
      line
        .split(/[|│]/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
