import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { ContentReader } from './content-reader.ts';
import { ContentWriter } from './content-writer.ts';

const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');

test('numbers come back at every size, in their shortest form', () => {
  const numbers = [
    0n,
    1n,
    127n,
    128n,
    2n ** 28n - 1n,
    2n ** 28n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 64n - 1n,
  ];
  for (const value of numbers) {
    const writer = new ContentWriter(1);
    writer.varint64(value);
    const isSafe = value < 2n ** 53n;
    if (isSafe) writer.varint(Number(value));
    const bytes = writer.finish();
    assert.equal(bytes.length % (isSafe ? 2 : 1), 0, 'both ways write the same');
    const reader = new ContentReader(bytes, 'it');
    assert.equal(reader.varint64(), value);
    if (isSafe) assert.equal(reader.varint(), Number(value));
    reader.end();
  }
  const writer = new ContentWriter();
  for (const value of [-1, 0.5, 2 ** 53]) assert.throws(() => writer.varint(value), RangeError);
  for (const value of [-1n, 2n ** 64n]) assert.throws(() => writer.varint64(value), RangeError);
});

test('what does not fit is damage, and never a wrong number', () => {
  const read = (hex: string) => new ContentReader(Buffer.from(hex, 'hex'), 'it');
  for (const hex of ['', '80', 'ffffffffffffffffff02', 'ffffffffffffffffffff01', '8000', '80808080808000'])
    assert.throws(() => read(hex).varint64(), isDamaged, hex);
  assert.throws(() => read('8080808080808010').varint(), isDamaged, '2^53');
  assert.throws(() => read('05').count(1), isDamaged);
  assert.throws(() => read('0500000000').count(2), isDamaged);
  assert.throws(() => read('00').bytes(2), isDamaged);
  assert.throws(() => read('00').end(), isDamaged);
});

test('one value has one text', () => {
  assert.equal(
    canonicalJson({ b: [1, null, 'x'], a: { d: true, c: 'ü"' } }),
    '{"a":{"c":"ü\\"","d":true},"b":[1,null,"x"]}',
  );
});
