import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldLine, noBreak, wrapWords } from './fold-line.ts';

test('prose is wrapped between words, but not at a no-break space', () => {
  assert.deepEqual(wrapWords('leave out "--root cp1" there', 20), ['leave out "--root', 'cp1" there']);
  assert.deepEqual(wrapWords(`leave out "--root${noBreak}cp1" there`, 20), [
    'leave out',
    '"--root cp1" there',
  ]);
  assert.deepEqual(wrapWords('averyveryverylongword and more', 10), ['averyveryverylongword', 'and more']);
});

test('what a line of output has too much goes on below its last column', () => {
  const told = 'ok    the cluster starts at revision 12';
  assert.deepEqual(foldLine(told, told.length), [told]);
  assert.deepEqual(foldLine(told, 30), ['ok    the cluster starts at', '      revision 12']);
  assert.deepEqual(foldLine('  fence   move the manifests of etcd', 26), [
    '  fence   move the',
    '          manifests of',
    '          etcd',
  ]);
  assert.deepEqual(foldLine('Still to do: restart it', 16), ['Still to do:', '  restart it']);
  // The column that a reader looks for is the last one, while it leaves room.
  assert.deepEqual(foldLine('data dir  /var/lib/etcd  --data-dir in etcd.yaml', 42), [
    'data dir  /var/lib/etcd  --data-dir in',
    '                         etcd.yaml',
  ]);
  assert.deepEqual(foldLine('data dir  /var/lib/etcd  --data-dir in etcd.yaml', 36), [
    'data dir  /var/lib/etcd  --data-dir',
    '          in etcd.yaml',
  ]);
  assert.deepEqual(foldLine('ok  digest  SHA-256 0123456789012345 matches', 22), [
    'ok  digest  SHA-256',
    '    0123456789012345',
    '    matches',
  ]);
  assert.deepEqual(foldLine('      and wait until they are gone', 24), [
    '      and wait until',
    '      they are gone',
  ]);
});
