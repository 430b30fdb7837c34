import type { ObjectRow } from '../../../operations/objects/index.ts';
import type { SteadyOutput } from '../../output/index.ts';

/** Rows that decide how wide columns are; of longer tables the later ones may widen them. */
const rowsInBlock = 1000;
const gap = '   ';

/** Prints rows as kubectl does, one table for each section. Returns how many rows there were. */
export async function printTable(rows: AsyncIterable<ObjectRow>, out: SteadyOutput): Promise<number> {
  let count = 0;
  let table: Table | undefined;
  for await (const row of rows) {
    count++;
    if (table?.section !== row.section) {
      await table?.flush();
      if (table !== undefined) await out.write('\n');
      table = new Table(row, out);
    }
    await table.add(row);
  }
  await table?.flush();
  return count;
}

interface Line {
  readonly cells: readonly string[];
  readonly note?: string;
}

class Table {
  readonly section: string;
  readonly #out: SteadyOutput;
  readonly #widths: number[];
  #lines: Line[];

  constructor({ section, header }: ObjectRow, out: SteadyOutput) {
    this.section = section;
    this.#out = out;
    this.#widths = header.map(() => 0);
    this.#lines = [{ cells: header }];
  }

  async add({ cells, note }: ObjectRow): Promise<void> {
    const plain = cells.map(oneLine);
    this.#lines.push(note === undefined ? { cells: plain } : { cells: plain, note: oneLine(note) });
    if (this.#lines.length >= rowsInBlock) await this.flush();
  }

  async flush(): Promise<void> {
    for (const { cells } of this.#lines)
      for (const [i, cell] of cells.entries()) this.#widths[i] = Math.max(this.#widths[i]!, widthOf(cell));
    for (const line of this.#lines) await this.#out.write(`${this.#text(line)}\n`);
    this.#lines = [];
  }

  #text({ cells, note }: Line): string {
    const texts = note === undefined ? cells : [...cells, note];
    return texts
      .map((cell, i) => (i === texts.length - 1 ? cell : cell + ' '.repeat(this.#widths[i]! - widthOf(cell))))
      .join(gap)
      .trimEnd();
  }
}

/** What objects say may hold anything; a table has lines, and no control characters for terminals. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** Characters, not UTF-16 units. */
function widthOf(text: string): number {
  return isPlain.test(text) ? text.length : Array.from(text).length;
}

/** Texts whose length is the number of their characters. */
const isPlain = /^[ -~]*$/;
