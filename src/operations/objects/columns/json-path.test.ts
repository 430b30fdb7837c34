import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonPath } from './json-path.ts';

const object = {
  metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
  spec: { ports: [80, 443], name: 'a' },
  status: {
    conditions: [
      { type: 'Synced', status: 'False' },
      { type: 'Ready', status: 'True' },
    ],
  },
};

test('paths as definitions have them', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['.spec.name', ['a']],
    ['{.spec.name}', ['a']],
    ['.spec.ports[0]', [80]],
    ['.spec.ports[-1]', [443]],
    ['.spec.ports[*]', [80, 443]],
    ['.spec.absent.deeper', []],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Ready')].status", ['True']],
    [".metadata.labels['app\\.kubernetes\\.io/name']", ['web']],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
  ];
  for (const [path, found] of cases) assert.deepEqual(parseJsonPath(path)?.(object), found, path);
});

test('what is beyond the subset is refused, not guessed', () => {
  for (const path of ['.spec..name', '.spec[?(@.a>1)]', '.spec[0:2]'])
    assert.equal(parseJsonPath(path), undefined);
});
