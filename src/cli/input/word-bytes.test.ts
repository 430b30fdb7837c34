import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unquoteGo, wordBytes } from './index.ts';

const hex = (word: string | undefined) =>
  word === undefined ? undefined : Buffer.from(wordBytes(word)).toString('hex');

test('Go string literals become bytes', () => {
  const known: readonly (readonly [string, string | undefined])[] = [
    ['"abc"', '616263'],
    [String.raw`"\xff\x00\x41"`, 'ff0041'],
    [String.raw`"\377\101"`, 'ff41'],
    [String.raw`"\u00e9\U0001F600"`, 'c3a9f09f9880'],
    [String.raw`"\a\b\f\n\r\t\v\\\""`, '07080c0a0d09' + '0b5c22'],
    ['"é"', 'c3a9'],
    ['`raw \\n`', Buffer.from('raw \\n').toString('hex')],
    ['""', ''],
    [String.raw`"\q"`, undefined],
    [String.raw`"\x4"`, undefined],
    [String.raw`"\ud800"`, undefined],
    [String.raw`"\U00110000"`, undefined],
    [String.raw`"\400"`, undefined],
    ['"open', undefined],
    ['plain', undefined],
    ['"a"b"', undefined],
  ];
  for (const [literal, expected] of known) assert.equal(hex(unquoteGo(literal)), expected, literal);
});

test('a word without escapes is its UTF-8', () => {
  assert.equal(hex('naïve 😀'), Buffer.from('naïve 😀').toString('hex'));
});
