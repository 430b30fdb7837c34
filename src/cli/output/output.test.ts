import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../base/index.ts';
import {
  formatGoJson,
  formatGoQuoted,
  formatHumanSize,
  type Output,
  printView,
  unlessZero,
} from './index.ts';

function recorded(): Output & { text: string } {
  return {
    text: '',
    line(text) {
      this.text += `${text}\n`;
    },
    bytes(bytes) {
      this.text += Buffer.from(bytes).toString('latin1');
    },
  };
}

test('sizes round as go-humanize rounds, ties to even', () => {
  const known: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [9, '9 B'],
    [10, '10 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1049, '1.0 kB'],
    [1050, '1.1 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [10_500, '10 kB'],
    [11_500, '12 kB'],
    [12_450, '12 kB'],
    [12_500, '12 kB'],
    [61_440, '61 kB'],
    [998_500, '998 kB'],
    [999_499, '1000 kB'],
    [999_999_999, '1000 MB'],
    [2_147_483_648, '2.1 GB'],
    [1e15, '1.0 PB'],
    [1e18, '1.0 EB'],
  ];
  for (const [size, text] of known) assert.equal(formatHumanSize(size), text, `${size}`);
  assert.equal(formatHumanSize(123_456_789_012n), '124 GB');
});

test('JSON keeps 64-bit numbers whole, escapes as Go does and leaves out undefined fields', () => {
  const value = {
    id: 18_446_744_073_709_551_615n,
    empty: unlessZero(0n),
    key: utf8('foo'),
    text: '<a>&"\\\u2028\u0001\n\b',
    none: null,
    list: [{}, [], true],
  };
  assert.equal(
    formatGoJson(value),
    String.raw`{"id":18446744073709551615,"key":"Zm9v","text":"\u003ca\u003e\u0026\"\\\u2028\u0001\n\b","none":null,"list":[{},[],true]}`,
  );
});

test('quoting keeps printable UTF-8 and escapes the rest byte by byte', () => {
  // What `etcdctl -w fields` of 3.6.16 printed for these bytes.
  const bytes = Buffer.from(
    'fffe0001225c0a093c3e26e280a8207fc3a9f09f9880eda080c2ade2808befbfbd0b071b',
    'hex',
  );
  assert.equal(
    formatGoQuoted(bytes),
    String.raw`"\xff\xfe\x00\x01\"\\\n\t<>&\u2028 \x7fé😀\xed\xa0\x80\u00ad\u200b` +
      '\ufffd' +
      String.raw`\v\a\x1b"`,
  );
  assert.equal(formatGoQuoted(new Uint8Array([0xe2, 0x82])), String.raw`"\xe2\x82"`);
  assert.equal(formatGoQuoted('\u{e0001}\ufeff'), String.raw`"\U000e0001\ufeff"`);
});

test('a table is drawn with the borders of etcdctl 3.7, an empty one without the middle rule', () => {
  const output = recorded();
  const view = (rows: string[][]) => ({
    simple: () => {},
    json: () => null,
    table: () => ({ header: ['endpoint', 'hash_revision'], rows }),
  });
  printView(view([['127.0.0.1:2379', '7']]), 'table', output);
  printView(view([]), 'table', output);
  assert.equal(
    output.text,
    [
      '┌────────────────┬───────────────┐',
      '│    ENDPOINT    │ HASH REVISION │',
      '├────────────────┼───────────────┤',
      '│ 127.0.0.1:2379 │             7 │',
      '└────────────────┴───────────────┘',
      '┌──────────┬───────────────┐',
      '│ ENDPOINT │ HASH REVISION │',
      '└──────────┴───────────────┘',
      '',
    ].join('\n'),
  );
});

test('a format that a view does not have is refused as wrong usage', () => {
  const view = { simple: () => {}, json: () => null };
  assert.throws(() => printView(view, 'fields', recorded()), {
    code: 'USAGE',
    message: 'fields not supported as output format',
  });
});
