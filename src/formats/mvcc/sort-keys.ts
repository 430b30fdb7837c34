/**
 * Sorts many keys that mostly begin alike: four bytes of each at a time as plain numbers, which the engine sorts without
 * a call for each comparison; keys that are equal so far are sorted on by the next four.
 */

/** Keys by their ids, from 0 on; no two are the same. */
export interface SortableKeys {
  readonly size: number;
  length(id: number): number;
  /** Four bytes from `depth` on as an unsigned number, zeros standing for what is behind the key's end. */
  wordAt(id: number, depth: number): number;
  /** Bytewise order: negative, zero or positive. */
  compare(a: number, b: number): number;
}

/** A word and a place in the run share the 53 bits of a number: four bytes of a key, or three where there are many. */
const placesBesideFour = 2 ** 21;
const placesBesideThree = 2 ** 29;
/** Shorter runs are sorted by comparisons. */
const shortRun = 12;

/**
 * Ids in unsigned bytewise order of their keys; a key comes before those that it is the begin of.
 * @param fourUpTo keys that are sorted by four bytes at a time; more of them by three
 */
export function sortKeys(keys: SortableKeys, fourUpTo = placesBesideFour): Uint32Array {
  const ids = new Uint32Array(keys.size);
  for (let id = 0; id < ids.length; id++) ids[id] = id;
  const runs = [{ start: 0, end: ids.length, depth: 0 }];
  const sorting = { keys, ids, runs, scratch: new Float64Array(ids.length) };
  for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
    const count = run.end - run.start;
    if (count <= shortRun) insertionSort(keys, ids, run);
    else sortByWord(sorting, run, count > fourUpTo ? 3 : 4);
  }
  return ids;
}

interface Sorting {
  readonly keys: SortableKeys;
  readonly ids: Uint32Array;
  /** Still to be sorted. */
  readonly runs: Run[];
  readonly scratch: Float64Array;
}

/** Ids that follow each other and whose keys are equal up to `depth`. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/** Sorts a run by the word at its depth, and adds the runs of more than one key in which that is the same. */
function sortByWord({ keys, ids, runs, scratch }: Sorting, run: Run, wordBytes: 3 | 4): void {
  const { start, end } = run;
  const depth = sharedDepth(keys, ids, run);
  const places = wordBytes === 4 ? placesBesideFour : placesBesideThree;
  const dropped = 8 * (4 - wordBytes);
  const items = scratch.subarray(0, end - start);
  for (let i = 0; i < items.length; i++) {
    items[i] = (keys.wordAt(ids[start + i]!, depth) >>> dropped) * places + i;
  }
  items.sort();
  const before = ids.slice(start, end);
  let runStart = start;
  let runWord = -1;
  for (let i = 0; i <= items.length; i++) {
    const word = i === items.length ? Infinity : Math.floor(items[i]! / places);
    if (word !== runWord) {
      addRun(keys, ids, { start: runStart, end: start + i, depth: depth + wordBytes }, runs);
      runStart = start + i;
      runWord = word;
    }
    if (i < items.length) ids[start + i] = before[items[i]! % places]!;
  }
}

/** Skips words that all keys of a run have alike. */
function sharedDepth(keys: SortableKeys, ids: Uint32Array, { start, end, depth }: Run): number {
  const first = ids[start]!;
  const length = keys.length(first);
  for (let shared = depth; ; shared += 4) {
    if (shared + 4 > length) return shared;
    const word = keys.wordAt(first, shared);
    for (let i = start + 1; i < end; i++)
      if (keys.wordAt(ids[i]!, shared) !== word || keys.length(ids[i]!) < shared + 4) return shared;
  }
}

/** Adds what is left to sort: keys that have ended come first, by their lengths, and differ in nothing else. */
function addRun(keys: SortableKeys, ids: Uint32Array, { start, end, depth }: Run, runs: Run[]): void {
  if (end - start < 2) return;
  let ended = start;
  for (let i = start; i < end; i++) {
    const id = ids[i]!;
    if (keys.length(id) > depth) continue;
    ids[i] = ids[ended]!;
    ids[ended++] = id;
  }
  if (ended - start > 1) ids.subarray(start, ended).sort((a, b) => keys.length(a) - keys.length(b));
  if (end - ended > 1) runs.push({ start: ended, end, depth });
}

function insertionSort(keys: SortableKeys, ids: Uint32Array, { start, end }: Run): void {
  for (let i = start + 1; i < end; i++) {
    const id = ids[i]!;
    let place = i;
    for (; place > start && keys.compare(ids[place - 1]!, id) > 0; place--) ids[place] = ids[place - 1]!;
    ids[place] = id;
  }
}
