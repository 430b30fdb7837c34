import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, utf8 } from '../../../base/index.ts';
import { Compare_CompareResult, Compare_CompareTarget } from '../../../etcd/index.ts';
import { parseTxn, splitWords } from './txn-script.ts';

test('comparisons of every target and operator', () => {
  const { compare } = parseTxn({
    compares: ['ver("a") = "1"', 'c("a") != "2"', 'mod("a") > "3"', 'val("a") < "x y"', 'lease("a") = "1f"'],
    success: [],
    failure: [],
  });
  const { EQUAL, NOT_EQUAL, GREATER, LESS } = Compare_CompareResult;
  const { VERSION, CREATE, MOD, VALUE, LEASE } = Compare_CompareTarget;
  const key = utf8('a');
  assert.deepEqual(compare, [
    { result: EQUAL, target: VERSION, key, targetUnion: { case: 'version', value: 1n } },
    { result: NOT_EQUAL, target: CREATE, key, targetUnion: { case: 'createRevision', value: 2n } },
    { result: GREATER, target: MOD, key, targetUnion: { case: 'modRevision', value: 3n } },
    { result: LESS, target: VALUE, key, targetUnion: { case: 'value', value: utf8('x y') } },
    { result: EQUAL, target: LEASE, key, targetUnion: { case: 'lease', value: 0x1fn } },
  ]);
});

test('requests take the flags of their commands', () => {
  const { success } = parseTxn({
    compares: [],
    success: [
      'put "a b" \'c d\' --lease=1f --prev-kv',
      'get a --prefix --limit 3',
      'del a b --range',
      'put k --ignore-value',
    ],
    failure: [],
  });
  const [put, get, del, kept] = success!.map(({ request }) => request);
  assert.ok(put?.case === 'requestPut' && get?.case === 'requestRange' && del?.case === 'requestDeleteRange');
  assert.deepEqual([put.value.key, put.value.value, put.value.lease], [utf8('a b'), utf8('c d'), 0x1fn]);
  assert.deepEqual([get.value.rangeEnd, get.value.limit], [utf8('b'), 3n]);
  assert.deepEqual(del.value.rangeEnd, utf8('b'));
  assert.ok(kept?.case === 'requestPut' && kept.value.ignoreValue === true);
});

test('what is no comparison or request is refused with its line', () => {
  const compares = [
    'mod("a")',
    'mod("a") > 3',
    'mod(a) > "3"',
    'size("a") = "1"',
    'mod("a") => "3"',
    'mod("a") > "x"',
    '',
  ];
  for (const line of compares)
    assert.throws(
      () => parseTxn({ compares: [line], success: [], failure: [] }),
      (error) => hasCode(error, 'USAGE') && error.message.includes(line),
      line,
    );
  for (const line of ['put a', 'get', 'move a b', 'get a --nothing', 'put a b c', String.raw`put "\q" x`])
    assert.throws(
      () => parseTxn({ compares: [], success: [], failure: [line] }),
      (error) => hasCode(error, 'USAGE'),
      line,
    );
});

test('words are plain, in single or in double quotes', () => {
  assert.deepEqual(splitWords(`a  'b c' "d\\te" f"g x`), ['a', 'b c', 'd\te', 'f"g', 'x']);
});
