import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../base/index.ts';
import { staleKindOf } from './stale-keys.ts';

test('what should not come back, and what looks like it', () => {
  const kinds: Record<string, ReturnType<typeof staleKindOf>> = {
    '/registry/masterleases/10.0.0.1': 'api-server-endpoint',
    '/registry/leases/kube-node-lease/worker-1': 'node-lease',
    '/registry/leases/kube-system/kube-scheduler': 'leader-election-lease',
    '/registry/leases/kube-system/apiserver-abc': 'api-server-lease',
    '/registry/leases/shop/kube-scheduler': undefined,
    '/registry/leases/kube-system': undefined,
    '/registry/configmaps/kube-node-lease/worker-1': undefined,
    '/registry/masterleases': undefined,
    '/other/masterleases/10.0.0.1': undefined,
    '/registry/secrets/kube-system/apiserver-abc': undefined,
  };
  for (const [key, kind] of Object.entries(kinds))
    assert.equal(staleKindOf(utf8(key), '/registry'), kind, key);
  assert.equal(staleKindOf(utf8('/other/masterleases/10.0.0.1'), '/other'), 'api-server-endpoint');
});
