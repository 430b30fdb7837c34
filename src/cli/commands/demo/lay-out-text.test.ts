import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutRow } from './lay-out-text.ts';

test('a row is cut between columns, or in a column of which enough is left', () => {
  const row = 'data dir  /var/lib/etcd  --data-dir in etcd.yaml, /etc/kubernetes/manifests/etcd.yaml:20';
  assert.equal(cutRow(row, 100), row);
  assert.equal(cutRow(row, 40), 'data dir  /var/lib/etcd');
  assert.equal(cutRow(row, 60), 'data dir  /var/lib/etcd  --data-dir in etcd.yaml, /etc/kube…');
  assert.equal(cutRow('onecolumnonly', 8), 'onecolu…');
});
