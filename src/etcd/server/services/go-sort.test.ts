import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../base/index.ts';
import { goSort } from './go-sort.ts';

/**
 * What Go's own `sort.Sort` (1.26) makes of rows of numbers with many equal ones: CRC-32C over where each item was
 * before, two bytes an item.
 */
const sortedByGo = [
  [12, 7, 'random', 1878917112],
  [12, 7, 'ascending', 1252868178],
  [12, 7, 'descending', 2908656387],
  [12, 7, 'up and down', 2929622574],
  [12, 100, 'random', 4082455431],
  [12, 100, 'ascending', 2442623691],
  [12, 100, 'descending', 3176026357],
  [12, 100, 'up and down', 2929622574],
  [13, 7, 'random', 4007237602],
  [13, 7, 'ascending', 2152429570],
  [13, 7, 'descending', 2652711965],
  [13, 7, 'up and down', 4053043286],
  [13, 100, 'random', 3654503786],
  [13, 100, 'ascending', 192873084],
  [13, 100, 'descending', 632971744],
  [13, 100, 'up and down', 4053043286],
  [50, 7, 'random', 2962376002],
  [50, 7, 'ascending', 3543711353],
  [50, 7, 'descending', 2695918427],
  [50, 7, 'up and down', 4012049849],
  [50, 100, 'random', 125445556],
  [50, 100, 'ascending', 348793449],
  [50, 100, 'descending', 3794430674],
  [50, 100, 'up and down', 4012049849],
  [1000, 7, 'random', 3143745918],
  [1000, 7, 'ascending', 3107880127],
  [1000, 7, 'descending', 1045515715],
  [1000, 7, 'up and down', 1536574730],
  [1000, 100, 'random', 753663637],
  [1000, 100, 'ascending', 2427960468],
  [1000, 100, 'descending', 2827196874],
  [1000, 100, 'up and down', 1536574730],
  [5000, 7, 'random', 1600810251],
  [5000, 7, 'ascending', 832118962],
  [5000, 7, 'descending', 3628896882],
  [5000, 7, 'up and down', 973812665],
  [5000, 100, 'random', 992492394],
  [5000, 100, 'ascending', 2020806831],
  [5000, 100, 'descending', 2483086572],
  [5000, 100, 'up and down', 973812665],
] as const;

const shapes: Readonly<
  Record<string, (drawn: number, at: number, length: number, values: number) => number>
> = {
  random: (drawn) => drawn,
  ascending: (_, at, __, values) => at % values,
  descending: (_, at, length, values) => (length - at) % values,
  'up and down': (_, at, length) => (at < Math.floor(length / 2) ? at : length - at),
};

test('equal items come to lie where Go puts them', () => {
  for (const [length, values, shape, checksum] of sortedByGo) {
    const items = rowOf(length, values, shapes[shape]!);
    goSort(items, (a, b) => a.value - b.value);
    const places = new Uint8Array(items.flatMap(({ at }) => [at >> 8, at & 0xff]));
    assert.equal(crc32c(places), checksum, `${length} items, ${values} values, ${shape}`);
  }
});

function rowOf(length: number, values: number, shape: (typeof shapes)[string]) {
  let state = length;
  return Array.from({ length }, (_, at) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return { value: shape((state >>> 8) % values, at, length, values), at };
  });
}
