import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutRow, foldLine, noBreak, wrapWords } from './lay-out-text.ts';

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
});

test('a row is cut between columns, or in a column of which enough is left', () => {
  const row = 'data dir  /var/lib/etcd  --data-dir in etcd.yaml, /etc/kubernetes/manifests/etcd.yaml:20';
  assert.equal(cutRow(row, 100), row);
  assert.equal(cutRow(row, 40), 'data dir  /var/lib/etcd');
  assert.equal(cutRow(row, 60), 'data dir  /var/lib/etcd  --data-dir in etcd.yaml, /etc/kube…');
  assert.equal(cutRow('onecolumnonly', 8), 'onecolu…');
});
