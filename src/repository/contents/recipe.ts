import { compareBytes, equalBytes } from '../../base/index.ts';
import { ContentReader, ContentWriter } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import { idBytes } from '../pack/index.ts';

/** Which rows of a chunk belong to the bucket. */
export interface RecipeEntry {
  /** Id of the chunk, 32 bytes. */
  readonly chunk: Uint8Array;
  /** Rows kept, rows left out, rows kept, and so on; rows behind the last run are left out. */
  readonly runs: readonly number[];
}

/** A bucket of the database: its rows are those of the entries, in order. */
export interface RecipeSection {
  readonly name: Uint8Array;
  readonly sequence: bigint;
  readonly entries: readonly RecipeEntry[];
}

/** At about this size a part ends. */
const partTargetBytes = 1 << 20;

/** The contents of the parts of a recipe. Sections in byte order of their names. */
export function encodeRecipe(sections: readonly RecipeSection[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let part = new ContentWriter();
  for (const section of sections) {
    let left = section.entries;
    do {
      const count = fittingEntries(left, partTargetBytes - part.length);
      encodeSection(part, section, left.slice(0, count));
      left = left.slice(count);
      if (left.length === 0 && part.length < partTargetBytes) break;
      parts.push(part.finish());
      part = new ContentWriter();
    } while (left.length > 0);
  }
  if (part.length > 0) parts.push(part.finish());
  return parts;
}

/** How many entries fit: one at least, so that it goes on. */
function fittingEntries(entries: readonly RecipeEntry[], roomBytes: number): number {
  let count = 0;
  let bytes = 0;
  while (count < entries.length && (count === 0 || bytes < roomBytes))
    // A run takes two bytes at most as a rule.
    bytes += idBytes + 2 + entries[count++]!.runs.length * 2;
  return count;
}

function encodeSection(writer: ContentWriter, section: RecipeSection, entries: readonly RecipeEntry[]): void {
  writer.varint(section.name.length);
  writer.bytes(section.name);
  writer.varint64(section.sequence);
  writer.varint(entries.length);
  for (const { chunk, runs } of entries) {
    writer.bytes(chunk);
    writer.varint(runs.length);
    for (const run of runs) writer.varint(run);
  }
}

/** Decodes all parts of a recipe, in order; ids and names are views. Errors: REPOSITORY_DAMAGED. */
export function decodeRecipe(parts: readonly Uint8Array[], what: string): RecipeSection[] {
  const sections: (RecipeSection & { readonly entries: RecipeEntry[] })[] = [];
  parts.forEach((content, index) => {
    const reader = new ContentReader(content, what);
    let first = index > 0;
    while (reader.remaining > 0) {
      const section = decodeSection(reader);
      const last = sections.at(-1);
      if (first && last !== undefined && equalBytes(last.name, section.name)) {
        if (last.sequence !== section.sequence) throw damaged(what, 'goes on with another sequence');
        for (const entry of section.entries) last.entries.push(entry);
      } else {
        if (last !== undefined && compareBytes(last.name, section.name) >= 0)
          throw damaged(what, 'has buckets out of order');
        sections.push(section);
      }
      first = false;
    }
  });
  return sections;
}

function decodeSection(reader: ContentReader): RecipeSection & { readonly entries: RecipeEntry[] } {
  const name = reader.bytes(reader.varint());
  const sequence = reader.varint64();
  const entries: RecipeEntry[] = [];
  for (let left = reader.count(idBytes + 1); left > 0; left--) {
    const chunk = reader.bytes(idBytes);
    const runs: number[] = [];
    for (let more = reader.count(1); more > 0; more--) runs.push(reader.varint());
    entries.push({ chunk, runs });
  }
  return { name, sequence, entries };
}

/** Runs for the rows that are kept, given by their positions in ascending order. */
export function runsOf(kept: Iterable<number>): number[] {
  const runs: number[] = [];
  let end = 0;
  for (const at of kept) {
    if (runs.length === 0) runs.push(0);
    if (at !== end) runs.push(at - end, 0);
    runs[runs.length - 1]!++;
    end = at + 1;
  }
  return runs;
}

/** The rows of a chunk that its runs keep. Errors: REPOSITORY_DAMAGED when the runs reach past its end. */
export function keepRows<T>(rows: readonly T[], runs: readonly number[], what: string): T[] {
  const total = runs.reduce((sum, run) => sum + run, 0);
  if (total > rows.length) throw damaged(what, `names ${total} rows of a chunk that has ${rows.length}`);
  const kept: T[] = [];
  let at = 0;
  runs.forEach((run, index) => {
    if (index % 2 === 0) for (let row = at; row < at + run; row++) kept.push(rows[row]!);
    at += run;
  });
  return kept;
}
