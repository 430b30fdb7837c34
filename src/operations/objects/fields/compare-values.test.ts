import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { compareValues, type FieldChange, formatFieldPath } from './compare-values.ts';

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, 2n ** 60n, '', 'a', {}, []),
  fc.string({ maxLength: 4 }),
);
const name = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', '0'),
  fc.string({ maxLength: 3 }),
);

const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

test('the changes between any two values, made to the one, give the other', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (before, after) => {
      const changes = compareValues(before, after);
      assert.deepEqual(apply(before, changes), after);
      if (changes.length === 0) assert.deepEqual(before, after);
    }),
    { numRuns: 3000 },
  );
});

test('the difference between a value and an edited one is the edit', () => {
  fc.assert(
    fc.property(
      fc.dictionary(name, anyValue, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
      fc.array(fc.record({ at: fc.nat(), how: fc.nat(2) }), { minLength: 1, maxLength: 6 }),
      (before, edits) => {
        const edit = editOf(before, edits);
        assert.deepEqual(sorted(compareValues(before, apply(before, edit))), sorted(edit));
      },
    ),
    { numRuns: 3000 },
  );
});

test('an item put into a list is one addition, wherever it is put', () => {
  const list = (...names: string[]): JsonValue => ({ items: names.map((each) => ({ name: each })) });
  assert.deepEqual(compareValues(list('a', 'b', 'c'), list('a', 'x', 'b', 'c')), [
    { change: 'added', path: ['items', 1], after: { name: 'x' } },
  ]);
  assert.deepEqual(compareValues(list('a', 'b', 'c'), list('b', 'c')), [
    { change: 'removed', path: ['items', 0], before: { name: 'a' } },
  ]);
});

test('paths are written as kubectl takes them', () => {
  assert.equal(formatFieldPath(['spec', 'ports', 0, 'port']), '.spec.ports[0].port');
  assert.equal(formatFieldPath(['metadata', 'labels', "it's/b.c"]), ".metadata.labels['it\\'s/b.c']");
});

function sorted(changes: readonly FieldChange[]): FieldChange[] {
  return changes.toSorted((a, b) => (JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1));
}

/** Changes to members of different places, none inside another: what is there is changed or removed, or gets a neighbour. */
function editOf(value: JsonObject, edits: readonly { at: number; how: number }[]): FieldChange[] {
  const places = memberPaths(value, []);
  const chosen = new Map<string, FieldChange>();
  for (const { at, how } of edits) {
    const path = places[at % places.length]!;
    if ([...chosen.values()].some((other) => isWithin(path, other.path) || isWithin(other.path, path)))
      continue;
    const before = find(value, path)!;
    const neighbour = [...path.slice(0, -1), 'a name that nothing has'];
    const change: FieldChange =
      how === 0
        ? { change: 'removed', path, before }
        : how === 1
          ? { change: 'changed', path, before, after: 'a text that nothing is' }
          : { change: 'added', path: neighbour, after: { new: [1] } };
    if ([...chosen.values()].some((other) => isWithin(change.path, other.path))) continue;
    chosen.set(JSON.stringify(change.path), change);
  }
  return [...chosen.values()];
}

const isWithin = (path: readonly unknown[], outer: readonly unknown[]) =>
  outer.every((part, index) => part === path[index]);

function memberPaths(value: JsonValue, path: (string | number)[]): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [];
  // Members only: of a list that becomes shorter the indexes move.
  if (Array.isArray(value)) return value.flatMap((item, index) => memberPaths(item, [...path, index]));
  return Object.entries(value).flatMap(([each, item]) => [
    [...path, each],
    ...memberPaths(item, [...path, each]),
  ]);
}

type Holder = Record<string | number, JsonValue>;

function find(value: JsonValue, path: readonly (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((held, part) => (held as Holder | undefined)?.[part], value);
}

/** Makes changes to a copy: first what changed, then removals from the end, then additions from the beginning. */
function apply(value: JsonValue, changes: readonly FieldChange[]): JsonValue {
  const root: { value: JsonValue } = { value: structuredClone(value) };
  const ordered = [
    ...changes.filter(({ change }) => change === 'changed'),
    ...changes.filter(({ change }) => change === 'removed').toReversed(),
    ...changes.filter(({ change }) => change === 'added'),
  ];
  for (const change of ordered) applyOne(root, change);
  return root.value;
}

function applyOne(root: { value: JsonValue }, change: FieldChange): void {
  const path = ['value', ...change.path];
  const holder = find(root, path.slice(0, -1)) as Holder | JsonValue[];
  const last = path.at(-1)!;
  if (change.change === 'removed') {
    if (Array.isArray(holder)) holder.splice(last as number, 1);
    else Reflect.deleteProperty(holder, last);
  } else if (change.change === 'added' && Array.isArray(holder))
    holder.splice(last as number, 0, change.after);
  else
    Object.defineProperty(holder, last, {
      value: change.after,
      enumerable: true,
      writable: true,
      configurable: true,
    });
}
