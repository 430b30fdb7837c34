import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../base/index.ts';
import { storedResources } from './resource-table.ts';
import { findStoragePrefixes, formatStorageKey, parseStorageKey, storagePath } from './storage-key.ts';

/** group/resource namespace/name, origin. */
function show(key: string, prefix?: string): string | undefined {
  const place = parseStorageKey(key, prefix);
  if (place === undefined) return undefined;
  const { group, resource, namespace, name, origin } = place;
  return `${group}/${resource} ${namespace ?? ''}/${name} ${origin}`;
}

test('keys whose path is not the resource are found by the table', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/registry/minions/node01', '/nodes /node01 built-in'],
    ['/registry/services/specs/shop/web', '/services shop/web built-in'],
    ['/registry/services/endpoints/shop/web', '/endpoints shop/web built-in'],
    ['/registry/controllers/shop/old', '/replicationcontrollers shop/old built-in'],
    ['/registry/ingress/shop/web', 'networking.k8s.io/ingresses shop/web built-in'],
    ['/registry/podsecuritypolicy/restricted', 'policy/podsecuritypolicies /restricted built-in'],
    ['/registry/ranges/serviceips', '/ranges /serviceips internal'],
    ['/registry/masterleases/192.0.2.1', '/masterleases /192.0.2.1 internal'],
    [
      '/registry/apiregistration.k8s.io/apiservices/v1.apps',
      'apiregistration.k8s.io/apiservices /v1.apps built-in',
    ],
    [
      '/registry/apiextensions.k8s.io/customresourcedefinitions/a.example.com',
      'apiextensions.k8s.io/customresourcedefinitions /a.example.com built-in',
    ],
    ['/registry/deployments/shop/web', 'apps/deployments shop/web built-in'],
    ['/registry/clusterroles/system:node', 'rbac.authorization.k8s.io/clusterroles /system:node built-in'],
    ['/registry/leases/kube-system/x', 'coordination.k8s.io/leases kube-system/x built-in'],
    ['/registry/example.com/widgets/shop/one', 'example.com/widgets shop/one custom'],
    ['/registry/example.com/clusters/one', 'example.com/clusters /one custom'],
    [
      '/kubernetes.io/config.openshift.io/clusteroperators/dns',
      'config.openshift.io/clusteroperators /dns custom',
    ],
    ['/kubernetes.io/secrets/shop/token', '/secrets shop/token built-in'],
    ['/openshift.io/routes/shop/web', 'route.openshift.io/routes shop/web openshift'],
    ['/openshift.io/oauth/clients/console', 'oauth.openshift.io/oauthclients /console openshift'],
    ['/openshift.io/useridentities/ldap:me', 'user.openshift.io/identities /ldap:me openshift'],
    ['/registry/somethings/shop/one', '/somethings shop/one unknown'],
  ];
  for (const [key, expected] of cases) {
    assert.equal(show(key), expected);
    assert.equal(show(key, key.split('/')[1]), expected);
    assert.deepEqual(parseStorageKey(utf8(key)), parseStorageKey(key));
  }
});

test('what is no key of an object is none', () => {
  for (const key of [
    'compact_rev_key',
    '/registry',
    '/registry/',
    '/registry/health',
    '/registry/pods//x',
    '/other/pods/a/b',
    '',
  ]) {
    assert.equal(show(key), undefined, key);
  }
  assert.equal(show('/registry/pods/a/b', '/elsewhere'), undefined);
});

test('any prefix of the API server will do, however it is written', () => {
  for (const prefix of ['/clusters/one', 'clusters/one', '/clusters/one/']) {
    assert.equal(show('/clusters/one/pods/shop/web', prefix), '/pods shop/web built-in');
  }
  assert.deepEqual(
    findStoragePrefixes([
      'compact_rev_key',
      '/clusters/one/pods/a/b',
      '/clusters/one/namespaces/a',
      '/registry/pods/a/b',
    ]),
    ['/clusters/one', '/registry'],
  );
});

test('every resource of the table has a path of its own, and its key leads back to it', () => {
  assert.equal(new Set(storedResources.map(({ path }) => path)).size, storedResources.length);
  for (const { group, resource, namespaced, path } of storedResources) {
    const place = { group, resource, name: 'n', ...(namespaced ? { namespace: 's' } : {}) };
    const key = formatStorageKey(place, '/x');
    assert.equal(key, `/x/${path}/${namespaced ? 's/' : ''}n`);
    const parsed = parseStorageKey(key, '/x');
    assert.deepEqual(
      [parsed?.group, parsed?.resource, parsed?.namespace],
      [group, resource, place.namespace],
    );
  }
  assert.equal(storagePath('example.com', 'widgets'), 'example.com/widgets');
});

test('any bytes are a key or none, and what is one is put together again', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z.:\-_]{1,8}$/), { minLength: 1, maxLength: 5 }), (parts) => {
      const key = `/registry/${parts.join('/')}`;
      const place = parseStorageKey(key);
      if (place === undefined) return;
      const rest = place.namespace === undefined ? place.name : `${place.namespace}/${place.name}`;
      assert.equal(`${place.prefix}/${place.path}/${rest}`, key);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void parseStorageKey(bytes)));
});
