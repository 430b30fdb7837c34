/**
 * Sorting with the swaps of Go's `sort.Sort`. It is not stable, so which of two equal items comes first depends on
 * every one of them; etcd sorts the answers of a Range with it.
 *
 * Pattern-defeating quicksort (O. Peters): insertion sort for a dozen items, heap sort when pivots stay bad.
 * Source: Go's package sort, since 1.19.
 */

export type Compare<T> = (a: T, b: T) => number;

/** Sorts in place, ascending. */
export function goSort<T>(items: T[], compare: Compare<T>): void {
  new GoSorter(items, compare).sort();
}

type Hint = 'unknown' | 'ascending' | 'descending';

const fewItems = 12;
const nintherFrom = 50;
const patternsFrom = 8;
const mostRepairs = 5;

class GoSorter<T> {
  readonly #items: T[];
  readonly #compare: Compare<T>;
  /** Exchanges that the last choice of a pivot would have made. */
  #exchanges = 0;

  constructor(items: T[], compare: Compare<T>) {
    this.#items = items;
    this.#compare = compare;
  }

  sort(): void {
    const { length } = this.#items;
    if (length > 1) this.#quickSort(0, length, bitLength(length));
  }

  #isLess(i: number, j: number): boolean {
    return this.#compare(this.#items[i]!, this.#items[j]!) < 0;
  }

  #swap(i: number, j: number): void {
    const items = this.#items;
    const item = items[i]!;
    items[i] = items[j]!;
    items[j] = item;
  }

  #quickSort(from: number, to: number, badLimit: number): void {
    let wasBalanced = true;
    let wasPartitioned = true;
    for (let left = badLimit; ; ) {
      const length = to - from;
      if (length <= fewItems) {
        this.#insertionSort(from, to);
        return;
      }
      if (left === 0) {
        this.#heapSort(from, to);
        return;
      }
      if (!wasBalanced) {
        this.#breakPatterns(from, length);
        left--;
      }
      const { pivot, hint } = this.#orient(from, to);
      const looksSorted = wasBalanced && wasPartitioned && hint === 'ascending';
      if (looksSorted && this.#repair(from, to)) return;
      if (from > 0 && !this.#isLess(from - 1, pivot)) {
        from = this.#partitionEqual(from, to, pivot);
        continue;
      }
      const { middle, wasDone } = this.#partition(from, to, pivot);
      wasPartitioned = wasDone;
      const isLeftShorter = middle - from < to - middle;
      wasBalanced = Math.min(middle - from, to - middle) >= Math.floor(length / 8);
      if (isLeftShorter) {
        this.#quickSort(from, middle, left);
        from = middle + 1;
      } else {
        this.#quickSort(middle + 1, to, left);
        to = middle;
      }
    }
  }

  #insertionSort(from: number, to: number): void {
    for (let i = from + 1; i < to; i++)
      for (let j = i; j > from && this.#isLess(j, j - 1); j--) this.#swap(j, j - 1);
  }

  #heapSort(from: number, to: number): void {
    const length = to - from;
    for (let i = Math.floor((length - 1) / 2); i >= 0; i--) this.#siftDown(i, length, from);
    for (let i = length - 1; i >= 0; i--) {
      this.#swap(from, from + i);
      this.#siftDown(0, i, from);
    }
  }

  #siftDown(root: number, end: number, from: number): void {
    for (let at = root; ; ) {
      let child = 2 * at + 1;
      if (child >= end) return;
      if (child + 1 < end && this.#isLess(from + child, from + child + 1)) child++;
      if (!this.#isLess(from + at, from + child)) return;
      this.#swap(from + at, from + child);
      at = child;
    }
  }

  /** Chooses a pivot, and turns around what seems to descend. */
  #orient(from: number, to: number): { readonly pivot: number; readonly hint: Hint } {
    const { pivot, hint } = this.#choosePivot(from, to);
    if (hint !== 'descending') return { pivot, hint };
    for (let i = from, j = to - 1; i < j; i++, j--) this.#swap(i, j);
    return { pivot: to - 1 - (pivot - from), hint: 'ascending' };
  }

  #choosePivot(from: number, to: number): { readonly pivot: number; readonly hint: Hint } {
    const length = to - from;
    const quarter = Math.floor(length / 4);
    this.#exchanges = 0;
    let candidates = [from + quarter, from + 2 * quarter, from + 3 * quarter];
    if (length >= nintherFrom) candidates = candidates.map((at) => this.#median(at - 1, at, at + 1));
    const pivot = this.#median(candidates[0]!, candidates[1]!, candidates[2]!);
    if (this.#exchanges === 0) return { pivot, hint: 'ascending' };
    return { pivot, hint: this.#exchanges === 12 ? 'descending' : 'unknown' };
  }

  /** Index of the middle one of three items. */
  #median(first: number, second: number, third: number): number {
    let [a, b] = this.#ordered(first, second);
    [b] = this.#ordered(b, third);
    [a, b] = this.#ordered(a, b);
    return b;
  }

  #ordered(a: number, b: number): [number, number] {
    if (!this.#isLess(b, a)) return [a, b];
    this.#exchanges++;
    return [b, a];
  }

  /** Puts a few items right; false when more are wrong. */
  #repair(from: number, to: number): boolean {
    let at = from + 1;
    for (let step = 0; step < mostRepairs; step++) {
      while (at < to && !this.#isLess(at, at - 1)) at++;
      if (at === to) return true;
      if (to - from < nintherFrom) return false;
      this.#swap(at, at - 1);
      if (at - from >= 2) for (let j = at - 1; j >= 1 && this.#isLess(j, j - 1); j--) this.#swap(j, j - 1);
      if (to - at >= 2) for (let j = at + 1; j < to && this.#isLess(j, j - 1); j++) this.#swap(j, j - 1);
    }
    return false;
  }

  #partition(
    from: number,
    to: number,
    pivot: number,
  ): { readonly middle: number; readonly wasDone: boolean } {
    this.#swap(from, pivot);
    let low = from + 1;
    let high = to - 1;
    for (let rounds = 0; ; rounds++) {
      while (low <= high && this.#isLess(low, from)) low++;
      while (low <= high && !this.#isLess(high, from)) high--;
      if (low > high) {
        this.#swap(high, from);
        return { middle: high, wasDone: rounds === 0 };
      }
      this.#swap(low++, high--);
    }
  }

  /** Brings what equals the pivot to the front, where nothing is less; returns where the rest begins. */
  #partitionEqual(from: number, to: number, pivot: number): number {
    this.#swap(from, pivot);
    let low = from + 1;
    let high = to - 1;
    for (;;) {
      while (low <= high && !this.#isLess(from, low)) low++;
      while (low <= high && this.#isLess(from, high)) high--;
      if (low > high) return low;
      this.#swap(low++, high--);
    }
  }

  /** Scatters three items, by a generator that starts from the length. */
  #breakPatterns(from: number, length: number): void {
    if (length < patternsFrom) return;
    let random = BigInt(length);
    const mask = (1n << BigInt(bitLength(length))) - 1n;
    const first = from + Math.floor(length / 4) * 2 - 1;
    for (let i = 0; i < 3; i++) {
      random = BigInt.asUintN(64, random ^ (random << 13n));
      random ^= random >> 7n;
      random = BigInt.asUintN(64, random ^ (random << 17n));
      const drawn = Number(random & mask);
      this.#swap(first + i, from + (drawn >= length ? drawn - length : drawn));
    }
  }
}

/** Bits that a number takes. */
function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}
