/** `objects restore` through a real API server on a real etcd: what is deleted comes back as the sample has it. */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { HoldfastError, operationContext } from '../../src/base/index.ts';
import { readKubeconfigFile, restoreObjects } from '../../src/operations/objects/index.ts';
import { requireKubeApiserver, requirePeer } from '../peers/index.ts';
import { startKubeApiserver } from '../support/kube-apiserver.ts';
import { startRestoredSample } from '../support/restored-sample.ts';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';
import { ApiCluster, comparable, sampleObjects, type SampleObject } from './api-cluster.ts';

interface Report {
  readonly refused: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly objects: readonly {
    readonly resource: string;
    readonly namespace?: string;
    readonly name: string;
    readonly outcome: string;
    readonly reason?: string;
    readonly notes: readonly string[];
    readonly fields: readonly string[];
  }[];
}

test('objects go back through the API server', async (t) => {
  const peer = await requirePeer(t, '3.6');
  const program = await requireKubeApiserver(t);
  if (peer === undefined || program === undefined) return;
  await using dir = await tempDir('objects-restore');
  await using sample = await startRestoredSample(peer, 'shop-3.6', dir.path);
  await using server = await startKubeApiserver({
    program,
    directory: await mkdtemp(join(dir.path, 'kubernetes-')),
    etcd: sample.etcd,
  });
  await using cluster = new ApiCluster(server, sample.etcd);
  await cluster.servesGroup('billing.example.com');
  const wanted = await sampleObjects('shop-3.6');
  const at = ['--kubeconfig', server.kubeconfigFile];
  const run = (words: string) =>
    runHoldfast(['objects', 'restore', sample.snapshotPath, ...words.split(' '), ...at]);
  const report = async (words: string, exitCode = 0): Promise<Report> => {
    const ran = await run(`${words} -w json`);
    assert.equal(ran.exitCode, exitCode, ran.stderr + ran.stdout.slice(0, 2000));
    return JSON.parse(ran.stdout) as Report;
  };
  const reasonOf = ({ objects }: Report, object: string) =>
    objects.find(({ resource, name }) => `${resource}/${name}` === object);
  const isSame = async (object: SampleObject, note = '') => {
    const live = await cluster.get(object.apiVersion, object.kind, object.metadata);
    assert.ok(live !== undefined, `${object.kind} ${object.metadata.name} is there`);
    assert.deepEqual(comparable(live), comparable(object), `${object.kind} ${object.metadata.name} ${note}`);
  };

  await t.test('what a namespace consisted of comes back, field for field, and once only', async (t) => {
    const deleted = await cluster.deleteAllIn('staging');
    assert.ok(deleted > 100);
    const dry = await report('-n staging --include-secrets --dry-run');
    assert.equal(dry.counts['failed'], 0);
    assert.deepEqual(
      dry.objects.filter(({ outcome }) => outcome === 'unchanged'),
      [],
    );
    const restored = await report('-n staging --include-secrets');
    assert.deepEqual(restored.counts, dry.counts);
    const created = restored.objects.filter(({ outcome }) => outcome === 'created');
    const theirs = wanted.filter(({ metadata }) => metadata.namespace === 'staging');
    let compared = 0;
    for (const { resource, name } of created) {
      const object = theirs.find(
        (each) => cluster.resourceOf(each) === resource && each.metadata.name === name,
      );
      assert.ok(object !== undefined, `${resource}/${name} is in the sample`);
      await isSame(object);
      compared++;
    }
    assert.equal(compared, restored.counts['created']);
    // What is not created has a reason, and every object of the namespace is told of.
    assert.ok(restored.objects.every(({ outcome, reason }) => outcome === 'created' || reason !== undefined));
    assert.deepEqual(
      restored.objects.map(({ resource, name }) => `${resource}/${name}`).sort(),
      theirs.map((each) => `${cluster.resourceOf(each)}/${each.metadata.name}`).sort(),
    );
    const before = await cluster.keys('/registry');
    const again = await report('-n staging --include-secrets');
    assert.equal(again.counts['unchanged'], created.length);
    assert.equal(again.counts['created']! + again.counts['changed']!, 0);
    assert.deepEqual(await cluster.keys('/registry'), before);
    t.diagnostic(
      `${compared} objects of ${new Set(created.map(({ resource }) => resource)).size} kinds compared`,
    );
  });

  await t.test('a dry run changes no key of etcd, whatever the rule', async () => {
    await cluster.delete('v1', 'ConfigMap', { namespace: 'payments', name: 'app-config-01' });
    await cluster.patch(
      'v1',
      'ConfigMap',
      { namespace: 'payments', name: 'app-config-02' },
      { data: { empty: 'x' } },
    );
    const before = await cluster.keys('/registry');
    for (const rule of ['skip', 'merge', 'replace']) {
      const { counts, objects } = await report(`cm -n payments --dry-run --on-conflict ${rule}`);
      assert.equal(counts['created'], 1);
      assert.equal(counts['changed'], rule === 'skip' ? 0 : 1);
      assert.deepEqual(objects.find(({ name }) => name === 'app-config-02')?.fields, ['.data.empty']);
    }
    assert.deepEqual(await cluster.keys('/registry'), before);
  });

  await t.test('an object that is there is left alone, merged or replaced', async () => {
    const place = { namespace: 'monitoring', name: 'app-config-02' };
    const change = { metadata: { labels: { added: 'later' } }, data: { empty: 'changed', more: 'y' } };
    await cluster.patch('v1', 'ConfigMap', place, change);
    const live = async () => (await cluster.get('v1', 'ConfigMap', place))!;
    const original = wanted.find(
      ({ kind, metadata }) =>
        kind === 'ConfigMap' && metadata.namespace === place.namespace && metadata.name === place.name,
    )!;
    const { empty } = original['data'] as Record<string, string>;
    assert.equal(empty, '');

    const skipped = await report('cm/app-config-02 -n monitoring');
    assert.equal(skipped.objects[0]?.reason, 'it is there, and differs');
    assert.equal((await cluster.dataOf(place))['empty'], 'changed');

    const merged = await report('cm/app-config-02 -n monitoring --on-conflict merge');
    assert.deepEqual(merged.objects[0]?.fields, ['.data.empty']);
    const data = await cluster.dataOf(place);
    assert.deepEqual([data['empty'], data['more']], ['', 'y']);

    const replaced = await report('cm/app-config-02 -n monitoring --on-conflict replace');
    assert.deepEqual([...replaced.objects[0]!.fields].sort(), ['.data.more', '.metadata.labels.added']);
    assert.deepEqual(comparable(await live()), comparable(original));
    const owners = (await live()).metadata.managedFields!.map(({ manager }) => manager);
    assert.ok(owners.includes('holdfast'));
  });

  await t.test(
    'what the server refuses is told in its words, and keeps everything else from being written',
    async () => {
      const place = { namespace: 'shop', name: 'immutable' };
      const object = (await cluster.get('v1', 'ConfigMap', place))!;
      await cluster.delete('v1', 'ConfigMap', place);
      await cluster.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: place,
        data: { other: 'x' },
        immutable: true,
      });
      await cluster.delete('v1', 'ConfigMap', { namespace: 'shop', name: 'binary' });
      const before = await cluster.keys('/registry');
      const refused = await report('cm -n shop --on-conflict merge', 4);
      assert.equal(refused.refused, true);
      assert.match(
        reasonOf(refused, 'configmaps/immutable')?.reason ?? '',
        /field is immutable when `immutable` is set/,
      );
      assert.equal(reasonOf(refused, 'configmaps/binary')?.outcome, 'unwritten');
      assert.deepEqual(await cluster.keys('/registry'), before);
      assert.deepEqual((await report('cm -n shop --on-conflict merge --dry-run', 4)).counts['created'], 1);

      const partly = await report('cm -n shop --on-conflict merge --keep-going', 1);
      assert.equal(reasonOf(partly, 'configmaps/binary')?.outcome, 'created');
      assert.equal(partly.counts['failed'], 1);
      await isSame(wanted.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'binary')!);
      await cluster.delete('v1', 'ConfigMap', place);
      assert.equal((await report('cm/immutable -n shop')).counts['created'], 1);
      assert.deepEqual(comparable((await cluster.get('v1', 'ConfigMap', place))!), comparable(object));
    },
  );

  await t.test('owners are those that have the name now', async () => {
    const owned = { namespace: 'shop', name: 'owned-by-deploy' };
    const deployment = { namespace: 'shop', name: 'svc-0' };
    await cluster.delete('v1', 'ConfigMap', owned);
    await cluster.delete('apps/v1', 'Deployment', deployment);
    const lone = await report('cm/owned-by-deploy -n shop');
    assert.deepEqual(lone.objects[0]?.notes, ['not owned by Deployment svc-0 any more, which is not there']);
    assert.equal((await cluster.get('v1', 'ConfigMap', owned))?.metadata.ownerReferences, undefined);

    await cluster.delete('v1', 'ConfigMap', owned);
    // The owner is made by the same run, although it is asked for last and of a later rank.
    const both = await report('cm/owned-by-deploy deploy/svc-0 -n shop');
    assert.deepEqual(
      both.objects.map(({ name, notes }) => [name, notes]),
      [
        ['svc-0', []],
        ['owned-by-deploy', []],
      ],
    );
    const owner = (await cluster.get('apps/v1', 'Deployment', deployment))!;
    const [reference] = (await cluster.get('v1', 'ConfigMap', owned))!.metadata.ownerReferences!;
    assert.deepEqual([reference?.name, reference?.uid], ['svc-0', owner.metadata.uid]);
    // What had the old one as its owner has the new one, once it is replaced.
    const sets = await report('rs -n shop --on-conflict replace');
    const changed = sets.objects.filter(({ outcome }) => outcome === 'changed');
    assert.equal(changed.length, 3);
    assert.ok(changed.every(({ fields }) => fields.join() === '.metadata.ownerReferences[0].uid'));
  });

  await t.test('a namespace comes back beside the one that is', async () => {
    const before = await cluster.keys('/registry', (key) => key.includes('/legacy/'));
    const missing = await report('-n legacy --namespace-map legacy=legacy-old --include-secrets');
    assert.equal(missing.counts['created'], 0);
    assert.equal(reasonOf(missing, 'limitranges/limits')?.reason, 'there is no namespace legacy-old');

    const restored = await report(
      '-n legacy --namespace-map legacy=legacy-old --include-secrets --create-namespace',
    );
    assert.equal(restored.counts['failed'], 0);
    assert.ok(restored.counts['created']! > 60);
    assert.equal(reasonOf(restored, 'configmaps/held')?.reason, 'it was being deleted');
    const binding = await cluster.get('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      namespace: 'legacy-old',
      name: 'reader',
    });
    const subjects = binding!['subjects'] as { readonly kind: string; readonly namespace?: string }[];
    assert.ok(subjects.some(({ namespace }) => namespace === 'legacy-old'));
    assert.ok(subjects.every(({ namespace }) => namespace !== 'legacy'));
    assert.match(
      reasonOf(restored, 'services/svc-1')?.notes.join() ?? '',
      /addresses and node ports of its own/,
    );
    const namespace = await cluster.get('v1', 'Namespace', { name: 'legacy-old' });
    assert.equal(namespace?.metadata.labels?.['kubernetes.io/metadata.name'], 'legacy-old');
    assert.deepEqual(await cluster.keys('/registry', (key) => key.includes('/legacy/')), before);
  });

  await t.test('what cannot be applied is created; a live etcd is a source, too', async () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ];
    const labels = { app: 'twice' };
    const spec = { containers: [{ name: 'c', image: 'c', env }] };
    await cluster.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'legacy', name: 'twice' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
    const words = 'deploy/twice -n legacy --namespace-map legacy=legacy-old -w json'.split(' ');
    const live = ['--endpoints', sample.etcd.clientUrl];
    const copy = async (rule: string) => {
      const flags = [...words, '--on-conflict', rule, ...live, ...at];
      const { exitCode, stdout, stderr } = await runHoldfast(['objects', 'restore', 'live', ...flags]);
      return { exitCode, object: (JSON.parse(stdout || stderr) as Report).objects[0] };
    };
    assert.equal((await copy('merge')).object?.outcome, 'created');
    const made = await cluster.get('apps/v1', 'Deployment', { namespace: 'legacy-old', name: 'twice' });
    const template = (made!['spec'] as { readonly template: { readonly spec: typeof spec } }).template;
    assert.deepEqual(template.spec.containers[0]?.env, env);
    assert.equal((await copy('replace')).object?.outcome, 'unchanged');
    const merged = await copy('merge');
    assert.deepEqual([merged.exitCode, merged.object?.outcome], [4, 'failed']);
    assert.match(merged.object?.reason ?? '', /duplicate entries for key \[name="A"\]/);
  });

  await t.test('a definition comes first, and its objects when it is served', async () => {
    const definition = { name: 'tenants.platform.example.io' };
    await cluster.delete('apiextensions.k8s.io/v1', 'CustomResourceDefinition', definition);
    await eventually(60_000, 'the definition is gone', async () =>
      (await cluster.get('apiextensions.k8s.io/v1', 'CustomResourceDefinition', definition)) === undefined
        ? true
        : undefined,
    );
    const alone = await report('tenants', 4);
    assert.match(alone.objects[0]?.reason ?? '', /does not serve platform.example.io\/v1alpha1 Tenant/);
    const restored = await report('crd tenants');
    assert.equal(restored.counts['created'], 23);
    cluster.forgetKinds();
    for (const tenant of wanted.filter(({ kind }) => kind === 'Tenant')) await isSame(tenant);
  });

  await t.test('a run that is stopped says what it has written, and the next one does the rest', async () => {
    for (const name of ['app-config-00', 'app-config-01', 'app-config-02'])
      await cluster.delete('v1', 'ConfigMap', { namespace: 'ci', name });
    const stop = new AbortController();
    const options = {
      source: sample.snapshotPath,
      selection: { words: ['cm'], namespace: 'ci' },
      server: await readKubeconfigFile(server.kubeconfigFile),
    };
    const stopped = await restoreObjects(
      {
        ...options,
        onObject: ({ outcome }) => {
          if (outcome === 'created') stop.abort(new HoldfastError('INTERRUPTED', 'enough'));
        },
      },
      operationContext({ signal: stop.signal }),
    );
    assert.equal(stopped.stopped?.code, 'INTERRUPTED');
    assert.deepEqual([stopped.counts.created, stopped.counts.unwritten], [1, 2]);
    assert.equal((await restoreObjects(options, operationContext())).counts.created, 2);
  });

  await t.test('the report for people, and what is no restore at all', async () => {
    await cluster.delete('v1', 'ConfigMap', { namespace: 'default', name: 'kube-root-ca.crt' });
    const told: CliRun = await run('cm,events -n default');
    assert.match(told.stdout, /^OUTCOME +OBJECT +WHY\n/);
    assert.match(told.stdout, /\nskipped +\d+ events +it tells of what has happened\n/);
    assert.match(told.stdout, /configmaps\/kube-root-ca.crt -n default +the controller manager puts it/);
    const without = await runHoldfast(['objects', 'restore', sample.snapshotPath, 'cm']);
    assert.equal(without.exitCode, 2);
    assert.equal((await run('--on-conflict merge')).exitCode, 2);
    assert.equal((await run('cm --namespace-map shop')).exitCode, 2);
    await server.stop();
    const gone = await run('cm -n shop');
    assert.equal(gone.exitCode, 5, gone.stderr);
  });
});
