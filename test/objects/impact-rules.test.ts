/** Each rule of the impact on a cluster that was changed for it: what the snapshot has, and what there is now. */
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import {
  type ImpactRisk,
  type ObjectImpact,
  objectImpact,
} from '../../src/operations/objects/impact/index.ts';
import { type ObjectEdits, writeEditedSample } from '../support/edit-objects.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { createPki } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = await tempDir('impact-rules');
after(async () => {
  await dir[Symbol.asyncDispose]();
});
const shop = await unpackSample('shop-3.6', dir.path);

/** The cluster as it is after `snapshot` was saved and `since` happened, taken back. */
async function impactOf(since: ObjectEdits, snapshot: ObjectEdits = {}): Promise<ObjectImpact> {
  const isEdited = Object.keys(snapshot).length > 0;
  const recovered = isEdited
    ? await writeEditedSample('shop-3.6', join(dir.path, 'then.db'), snapshot)
    : shop;
  const present = await writeEditedSample('shop-3.6', join(dir.path, 'now.db'), { ...snapshot, ...since });
  const impact = await objectImpact(
    { present: { source: present }, recovered: { source: recovered } },
    operationContext(),
  );
  return impact;
}

function riskIn({ risks }: ObjectImpact, id: string): ImpactRisk | undefined {
  return risks.find((risk) => risk.id === id);
}

/** `name: note` of each object of a risk, after its rank. */
function told(impact: ObjectImpact, id: string): string[] {
  const risk = riskIn(impact, id);
  if (risk === undefined) return [];
  const objects = risk.objects.map(({ namespace, name, note = '' }) =>
    `${namespace === undefined ? '' : `${namespace}/`}${name} ${note}`.trim(),
  );
  return [risk.risk, ...objects];
}

const metadata = (name: string, namespace?: string, more: object = {}) => ({
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid: `uid-${name}`, ...more },
});

const volume = (name: string, policy: string, claim?: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  ...metadata(name),
  spec: {
    csi: { driver: 'disks.example.com', volumeHandle: `disk-of-${name}` },
    persistentVolumeReclaimPolicy: policy,
    ...(claim === undefined ? {} : { claimRef: { namespace: 'shop', name: claim, uid: 'u' } }),
  },
  status: { phase: claim === undefined ? 'Available' : 'Bound' },
});

const claim = (name: string, volumeName?: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  ...metadata(name, 'shop'),
  spec: { ...(volumeName === undefined ? {} : { volumeName }) },
  status: {},
});

test('volumes made since lose their object; those deleted since come back, with or without their data', async () => {
  const impact = await impactOf(
    {
      'persistentvolumes/new': volume('new', 'Delete', 'orders'),
      'persistentvolumes/deleted': undefined,
      'persistentvolumes/kept': undefined,
      'persistentvolumes/secured': volume('secured', 'Retain', 'x'),
    },
    {
      'persistentvolumes/deleted': volume('deleted', 'Delete'),
      'persistentvolumes/kept': volume('kept', 'Retain'),
      'persistentvolumes/secured': volume('secured', 'Delete', 'x'),
    },
  );
  assert.deepEqual(told(impact, 'volume-orphaned'), [
    'high',
    'new claim shop/orders, policy Delete, csi disk-of-new',
  ]);
  assert.deepEqual(told(impact, 'volume-without-data'), [
    'medium',
    'deleted no claim, policy Delete, csi disk-of-deleted',
  ]);
  assert.deepEqual(told(impact, 'volume-returns'), ['low', 'kept no claim, policy Retain, csi disk-of-kept']);
  assert.deepEqual(told(impact, 'volume-policy-delete'), [
    'medium',
    'secured claim shop/x, policy Delete, csi disk-of-secured',
  ]);
});

test('claims that were bound since, to another volume since, made since, or bound to nothing', async () => {
  const impact = await impactOf(
    {
      'persistentvolumes/v2': volume('v2', 'Delete', 'waiting'),
      'persistentvolumeclaims/shop/waiting': claim('waiting', 'v2'),
      'persistentvolumeclaims/shop/moved': claim('moved', 'v2'),
      'persistentvolumeclaims/shop/young': claim('young', 'v2'),
    },
    {
      'persistentvolumes/v1': volume('v1', 'Delete', 'moved'),
      'persistentvolumeclaims/shop/waiting': claim('waiting'),
      'persistentvolumeclaims/shop/moved': claim('moved', 'v1'),
      'persistentvolumeclaims/shop/lost': claim('lost', 'nowhere'),
    },
  );
  assert.deepEqual(told(impact, 'claim-rebound'), [
    'high',
    'shop/moved now v2, then v1',
    'shop/waiting now v2, then none',
  ]);
  assert.deepEqual(told(impact, 'claim-lost'), ['high', 'shop/lost volume nowhere']);
  assert.deepEqual(told(impact, 'claim-vanishes'), [
    'medium',
    'shop/young volume v2, whose object vanishes too',
  ]);
});

const node = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  ...metadata(name, undefined, { labels: { 'node-role.kubernetes.io/gpu': '' } }),
});

const pod = (name: string, uid: string, more: { phase?: string; annotations?: object } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid, annotations: more.annotations ?? {} },
  spec: { nodeName: 'node01' },
  status: { phase: more.phase ?? 'Running' },
});

test('nodes that joined and left, and pods that run unknown, replaced or again', async () => {
  const impact = await impactOf(
    {
      'minions/young': node('young'),
      'minions/old': undefined,
      'pods/shop/young': pod('young', '1'),
      'pods/shop/done': pod('done', '2', { phase: 'Succeeded' }),
      'pods/shop/static': pod('static', '3', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      'pods/shop/anew': pod('anew', '5'),
      'pods/shop/gone': undefined,
    },
    {
      'minions/old': node('old'),
      'pods/shop/anew': pod('anew', '4'),
      'pods/shop/gone': pod('gone', '6'),
    },
  );
  assert.deepEqual(told(impact, 'node-leaves'), ['medium', 'young gpu']);
  assert.deepEqual(told(impact, 'node-returns'), ['low', 'old gpu']);
  assert.deepEqual(told(impact, 'pod-unknown'), ['medium', 'shop/young on node node01']);
  assert.deepEqual(told(impact, 'pod-replaced'), ['medium', 'shop/anew on node node01']);
  assert.deepEqual(told(impact, 'pod-returns'), ['low', 'shop/gone on node node01']);
});

function webhook(name: string, namespace: string, failurePolicy = 'Fail') {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    ...metadata(name),
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig: { service: { namespace, name: 'guard', port: 443 } },
        failurePolicy,
        rules: [
          { operations: ['CREATE', 'UPDATE'], resources: ['pods'], apiGroups: [''], apiVersions: ['v1'] },
        ],
      },
    ],
  };
}

const service = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  ...metadata('guard', namespace),
  spec: { type: 'ClusterIP' },
});

const slice = (namespace: string, ready: boolean, uid: string) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  ...metadata('guard-abc', namespace, { labels: { 'kubernetes.io/service-name': 'guard' } }),
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: ['10.0.0.9'],
      conditions: { ready },
      targetRef: { kind: 'Pod', name: 'guard', namespace, uid },
    },
  ],
});

test('webhooks whose namespace, service or endpoints are not there refuse, unless they may fail', async () => {
  const hooks = 'validatingwebhookconfigurations';
  const impact = await impactOf(
    {
      'namespaces/young': { apiVersion: 'v1', kind: 'Namespace', ...metadata('young') },
      [`${hooks}/unrelated`]: webhook('unrelated', 'young'),
      'pods/shop/guard': undefined,
    },
    {
      [`${hooks}/no-namespace`]: webhook('no-namespace', 'nowhere'),
      [`${hooks}/no-service`]: webhook('no-service', 'default'),
      [`${hooks}/may-fail`]: webhook('may-fail', 'default', 'Ignore'),
      'services/specs/legacy/guard': service('legacy'),
      'endpointslices/legacy/guard-abc': slice('legacy', false, 'x'),
      [`${hooks}/no-endpoint`]: webhook('no-endpoint', 'legacy'),
      'services/specs/shop/guard': service('shop'),
      'endpointslices/shop/guard-abc': slice('shop', true, 'guard-uid'),
      'pods/shop/guard': pod('guard', 'guard-uid'),
      [`${hooks}/stale`]: webhook('stale', 'shop'),
    },
  );
  const on = 'for create, update of pods';
  assert.deepEqual(told(impact, 'webhook-blocks'), [
    'high',
    `no-endpoint no-endpoint.example.com ${on}: the service legacy/guard has no ready endpoint in the snapshot`,
    `no-namespace no-namespace.example.com ${on}: the namespace nowhere is not in the snapshot`,
    `no-service no-service.example.com ${on}: the service default/guard is not in the snapshot`,
  ]);
  assert.deepEqual(told(impact, 'webhook-waits'), [
    'medium',
    `stale stale.example.com ${on}: the pods of shop/guard do not run now`,
  ]);
});

const definition = (plural: string, versions: readonly string[], stored: readonly string[]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  ...metadata(`${plural}.example.com`),
  spec: {
    group: 'example.com',
    names: { plural, singular: plural, kind: plural, listKind: plural },
    scope: 'Cluster',
    versions: versions.map((name, index) => ({ name, served: true, storage: index === versions.length - 1 })),
  },
  status: { storedVersions: stored },
});

test('definitions that vanish with their objects, serve less, or store otherwise', async () => {
  const path = 'apiextensions.k8s.io/customresourcedefinitions';
  const impact = await impactOf(
    {
      [`${path}/youngs.example.com`]: definition('youngs', ['v1'], ['v1']),
      'example.com/youngs/a': { apiVersion: 'example.com/v1', kind: 'youngs', ...metadata('a') },
      'example.com/youngs/b': { apiVersion: 'example.com/v1', kind: 'youngs', ...metadata('b') },
      [`${path}/grown.example.com`]: definition('grown', ['v1', 'v2'], ['v2']),
    },
    { [`${path}/grown.example.com`]: definition('grown', ['v1'], ['v1']) },
  );
  assert.deepEqual(told(impact, 'definition-vanishes'), [
    'high',
    'youngs.example.com 2 objects vanish with it',
  ]);
  assert.deepEqual(told(impact, 'definition-version-dropped'), [
    'high',
    'grown.example.com v2 is not served any more',
  ]);
  assert.deepEqual(told(impact, 'definition-storage-differs'), [
    'medium',
    'grown.example.com now v2 (v2), then v1 (v1)',
  ]);
});

const configMap = (name: string, namespace: string, data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  ...metadata(name, namespace),
  data,
});

test('authorities that were changed since, and what kubeadm has noted', async () => {
  const pki = await createPki(join(dir.path, 'pki'));
  const ca = await readFile(pki.caFile, 'utf8');
  const impact = await impactOf({
    'configmaps/kube-system/kube-root-ca.crt': configMap('kube-root-ca.crt', 'kube-system', { 'ca.crt': ca }),
    'configmaps/kube-system/extension-apiserver-authentication': configMap(
      'extension-apiserver-authentication',
      'kube-system',
      { 'requestheader-client-ca-file': ca },
    ),
    'configmaps/kube-system/kubeadm-config': configMap('kubeadm-config', 'kube-system', {
      ClusterConfiguration: 'kind: ClusterConfiguration\nkubernetesVersion: v1.37.0\n',
    }),
  });
  const [rank, note] = told(impact, 'cluster-ca-differs');
  assert.equal(rank, 'high');
  assert.match(
    note!,
    /^kube-system\/kube-root-ca\.crt ca\.crt: now .*\(sha256 \w{12}\), then CN=kubernetes \(sha256 \w{12}\)$/,
  );
  assert.match(told(impact, 'front-proxy-ca-differs').join(), /^medium,kube-system\/extension-/);
  assert.deepEqual(told(impact, 'client-ca-differs'), [], 'what is not noted now is not judged');
  assert.match(
    told(impact, 'cluster-settings-differ').join(),
    /kubernetesVersion: now v1\.37\.0, then v1\.36\.2/,
  );
});

const tokenSecret = (name: string, keyId: string) => {
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: keyId })).toString('base64url');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    ...metadata(name, 'shop'),
    type: 'kubernetes.io/service-account-token',
    data: { token: Buffer.from(`${header}.e30.c2lnbmF0dXJl`).toString('base64') },
  };
};

test('tokens that no present one shares its key with, and Secrets with older content', async () => {
  const impact = await impactOf(
    {
      'secrets/shop/old-token': undefined,
      'secrets/shop/password': {
        apiVersion: 'v1',
        kind: 'Secret',
        ...metadata('password', 'shop'),
        data: { p: 'Yg==' },
      },
    },
    {
      'secrets/shop/old-token': tokenSecret('old-token', 'retired-key'),
      'secrets/shop/password': {
        apiVersion: 'v1',
        kind: 'Secret',
        ...metadata('password', 'shop'),
        data: { p: 'YQ==' },
      },
    },
  );
  assert.deepEqual(told(impact, 'token-key-differs'), ['high', 'shop/old-token']);
  assert.deepEqual(told(impact, 'secret-older'), ['medium', 'shop/password']);
  assert.doesNotMatch(JSON.stringify(impact.risks), /YQ==|Yg==|c2lnbmF0dXJl/);
});

test('rights, jobs and load balancers', async () => {
  const job = (conditions: readonly object[]) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    ...metadata('pay', 'shop'),
    status: { conditions },
  });
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    ...metadata('former-admin'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  };
  const balancer = {
    ...service('shop'),
    spec: { type: 'LoadBalancer' },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
  };
  const impact = await impactOf(
    {
      'clusterrolebindings/former-admin': undefined,
      'jobs/shop/pay': job([{ type: 'Complete', status: 'True' }]),
      'services/specs/shop/guard': balancer,
    },
    { 'clusterrolebindings/former-admin': binding, 'jobs/shop/pay': job([]) },
  );
  assert.deepEqual(told(impact, 'access-returns'), ['medium', 'former-admin was deleted since']);
  assert.deepEqual(told(impact, 'job-repeats'), ['medium', 'shop/pay has ended since']);
  assert.deepEqual(told(impact, 'load-balancer-orphaned'), ['medium', 'shop/guard 192.0.2.7']);
});

/** A Secret as an API server with this key would store it. */
function encrypted(keyName: string, key: Uint8Array, name: string): Uint8Array {
  const iv = Buffer.alloc(16, 3);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const plain = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', ...metadata(name, 'shop'), data: {} });
  const payload = Buffer.concat([iv, cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from(`k8s:enc:aescbc:v1:${keyName}:`), payload]);
}

test('keys that the API server lacks, and with no configuration those that nothing uses now', async () => {
  const [current, former] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const edits = {
    'secrets/shop/a': encrypted('former', former, 'a'),
    'secrets/shop/b': encrypted('current', current, 'b'),
  };
  const since = { 'secrets/shop/a': encrypted('current', current, 'a') };
  const withoutConfig = await impactOf(since, edits);
  assert.deepEqual(told(withoutConfig, 'encryption-key-unseen'), [
    'medium',
    'shop/a wants aescbc v1, key "former"',
  ]);
  const config = join(dir.path, 'encryption.yaml');
  const keys = (names: readonly (readonly [string, Uint8Array])[]) =>
    writeFile(
      config,
      JSON.stringify({
        apiVersion: 'apiserver.config.k8s.io/v1',
        kind: 'EncryptionConfiguration',
        resources: [
          {
            resources: ['secrets'],
            providers: [
              {
                aescbc: {
                  keys: names.map(([name, key]) => ({ name, secret: Buffer.from(key).toString('base64') })),
                },
              },
              { identity: {} },
            ],
          },
        ],
      }),
    );
  const withConfig = () =>
    objectImpact(
      {
        present: { source: join(dir.path, 'now.db'), encryptionConfigFile: config },
        recovered: { source: join(dir.path, 'then.db'), encryptionConfigFile: config },
      },
      operationContext(),
    );
  await keys([['current', current]]);
  assert.deepEqual(told(await withConfig(), 'encryption-key-missing'), [
    'high',
    'shop/a wants aescbc v1, key "former"',
  ]);
  await keys([
    ['current', current],
    ['former', former],
  ]);
  const { risks, counts } = await withConfig();
  assert.deepEqual([risks, counts.onlyNoise], [[], 1], 'written again with another key, and nothing else');
});
