/** Lines of context around a change, as `diff -u` has them. */
const contextLines = 3;

/** Edits that are looked for one by one; texts that differ more are shown as replaced. Bounds time and memory. */
const editLimit = 1500;

/** A stretch of lines: kept, or replaced by others (either may be none). */
interface Stretch {
  readonly kept: boolean;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The hunks of a unified diff of two texts in lines, without the two lines of names; none when they are the same. */
export function unifiedLines(before: readonly string[], after: readonly string[]): string[] {
  const output: string[] = [];
  let hunk = new Hunk(1, 1);
  let beforeLine = 1;
  let afterLine = 1;
  for (const stretch of stretchesOf(before, after)) {
    if (stretch.kept && stretch.before.length > (hunk.isEmpty ? 1 : 2) * contextLines) {
      hunk.keep(stretch.before.slice(0, hunk.isEmpty ? 0 : contextLines));
      output.push(...hunk.lines());
      const skipped = stretch.before.length - contextLines;
      hunk = new Hunk(beforeLine + skipped, afterLine + skipped);
      hunk.keep(stretch.before.slice(skipped));
    } else if (stretch.kept) hunk.keep(stretch.before);
    else hunk.replace(stretch.before, stretch.after);
    beforeLine += stretch.before.length;
    afterLine += stretch.after.length;
  }
  output.push(...hunk.lines());
  return output;
}

class Hunk {
  readonly #beforeLine: number;
  readonly #afterLine: number;
  readonly #lines: string[] = [];
  #beforeCount = 0;
  #afterCount = 0;
  #lastChange = -1;

  constructor(beforeLine: number, afterLine: number) {
    this.#beforeLine = beforeLine;
    this.#afterLine = afterLine;
  }

  get isEmpty(): boolean {
    return this.#lastChange < 0;
  }

  keep(lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(` ${line}`);
    this.#beforeCount += lines.length;
    this.#afterCount += lines.length;
  }

  replace(before: readonly string[], after: readonly string[]): void {
    for (const line of before) this.#lines.push(`-${line}`);
    for (const line of after) this.#lines.push(`+${line}`);
    this.#beforeCount += before.length;
    this.#afterCount += after.length;
    this.#lastChange = this.#lines.length - 1;
  }

  lines(): string[] {
    if (this.isEmpty) return [];
    const surplus = Math.max(0, this.#lines.length - 1 - this.#lastChange - contextLines);
    const range = (start: number, count: number) => {
      const first = count === 0 ? start - 1 : start;
      return count === 1 ? first.toString() : `${first},${count}`;
    };
    const before = range(this.#beforeLine, this.#beforeCount - surplus);
    const after = range(this.#afterLine, this.#afterCount - surplus);
    return [`@@ -${before} +${after} @@`, ...this.#lines.slice(0, this.#lines.length - surplus)];
  }
}

function stretchesOf(before: readonly string[], after: readonly string[]): Stretch[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before.at(-1 - end) === after.at(-1 - end)) end++;
  const head = before.slice(0, start);
  const tail = before.slice(before.length - end);
  return [
    { kept: true, before: head, after: head },
    ...editedStretches(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    { kept: true, before: tail, after: tail },
  ].filter((stretch) => stretch.before.length + stretch.after.length > 0);
}

/** Myers' greedy algorithm ("An O(ND) difference algorithm", 1986), with the trace kept to walk back. */
function editedStretches(before: readonly string[], after: readonly string[]): Stretch[] {
  const trace = findTrace(before, after);
  if (trace === undefined) return [{ kept: false, before, after }];
  const stretches: Stretch[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reached = trace[edits]!;
    const diagonal = x - y;
    const isInsertion =
      diagonal === -edits || (diagonal !== edits && at(reached, diagonal - 1) < at(reached, diagonal + 1));
    const fromX = edits === 0 ? 0 : at(reached, isInsertion ? diagonal + 1 : diagonal - 1);
    const fromY = edits === 0 ? 0 : fromX - (isInsertion ? diagonal + 1 : diagonal - 1);
    const kept = Math.min(x - fromX, y - fromY);
    if (kept > 0) stretches.push(keptStretch(before.slice(x - kept, x)));
    stretches.push({
      kept: false,
      before: before.slice(fromX, x - kept),
      after: after.slice(fromY, y - kept),
    });
    x = fromX;
    y = fromY;
  }
  return joinEdits(stretches.toReversed());
}

function keptStretch(lines: readonly string[]): Stretch {
  return { kept: true, before: lines, after: lines };
}

/** How far each diagonal was reached before each edit; undefined when there are too many edits. */
function findTrace(before: readonly string[], after: readonly string[]): Int32Array[] | undefined {
  const trace: Int32Array[] = [];
  let reached: Int32Array = new Int32Array(3);
  for (let edits = 0; edits <= editLimit; edits++) {
    trace.push(reached);
    const next = new Int32Array(2 * edits + 5);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const isInsertion =
        diagonal === -edits || (diagonal !== edits && at(reached, diagonal - 1) < at(reached, diagonal + 1));
      let x = edits === 0 ? 0 : isInsertion ? at(reached, diagonal + 1) : at(reached, diagonal - 1) + 1;
      let y = x - diagonal;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      next[diagonal + edits + 2] = x;
      if (x >= before.length && y >= after.length) return trace;
    }
    reached = next;
  }
  return undefined;
}

/** Arrays hold the diagonals around their middle. */
function at(reached: Int32Array, diagonal: number): number {
  return reached[diagonal + (reached.length - 1) / 2]!;
}

/** Edits beside each other become one: first what is gone, then what is new. */
function joinEdits(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const stretch of stretches) {
    const last = joined.at(-1);
    if (last === undefined || last.kept !== stretch.kept) joined.push(stretch);
    else {
      const before = [...last.before, ...stretch.before];
      const after = [...last.after, ...stretch.after];
      joined[joined.length - 1] = { kept: last.kept, before, after };
    }
  }
  return joined.filter((stretch) => stretch.before.length + stretch.after.length > 0);
}
