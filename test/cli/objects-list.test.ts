/** `objects list` and `objects get` as they are typed, on snapshots of real control planes. */
import assert from 'node:assert/strict';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { parse } from 'yaml';
import { objectId, parseExact, readServed, type ServedObject } from '../kubernetes-object/sample-objects.ts';
import {
  type KubernetesSample,
  kubernetesSamples,
  sampleFile,
  unpackSample,
} from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Made up by the API server when it is asked, of no key. */
const computedResource = '/componentstatuses/';

interface ObjectList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly ServedObject[];
}

/** Objects by kind, namespace and name: no two resources of a sample have the same kind in one group. */
function idOf({ apiVersion, kind, metadata }: ServedObject): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  return objectId({ group, resource: kind, ...metadata });
}

async function servedByKind(sample: KubernetesSample): Promise<Map<string, ServedObject>> {
  const served = [...(await readServed(sample))].filter(([id]) => !id.startsWith(computedResource));
  return new Map(served.map(([, object]) => [idOf(object), object]));
}

/** Whole numbers that a double holds as numbers, the others as bigint: as `parseExact` has them. */
function exact(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, exact(member)]));
}

async function list(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  const run = await runHoldfast(['objects', 'list', ...words]);
  assert.equal(run.exitCode, 0, run.stderr);
  return run;
}

suite('every object of a sample, as one list, is what the API server served', () => {
  for (const sample of kubernetesSamples)
    test(sample, async (t) => {
      await using dir = await tempDir('objects');
      const file = await unpackSample(sample, dir.path);
      const config = join(dir.path, 'encryption.yaml');
      const isEncrypted = sample.startsWith('enc');
      if (isEncrypted) await writeFile(config, await sampleFile(sample, 'encryption.yaml'));
      const flags = isEncrypted ? ['--encryption-config', config] : [];
      const { stdout, stderr } = await list(file, '-A', '-o', 'json', ...flags);
      assert.equal(stderr, '');
      const { apiVersion, kind, items } = parseExact(stdout) as ObjectList;
      assert.deepEqual([apiVersion, kind], ['v1', 'List']);
      const served = await servedByKind(sample);
      for (const item of items) assert.deepEqual(item, served.get(idOf(item)), idOf(item));
      assert.equal(items.length, served.size);
      assert.equal(new Set(items.map(idOf)).size, items.length);
      t.diagnostic(`${items.length} objects compared`);
    });
});

test('with the wrong keys, and with none, everything else is as it was, and the rest is listed with its key', async () => {
  await using dir = await tempDir('objects');
  const sample = 'enc-mixed-3.6';
  const file = await unpackSample(sample, dir.path);
  const config = join(dir.path, 'wrong.yaml');
  const text = Buffer.from(await sampleFile(sample, 'encryption.yaml')).toString();
  const otherKey = Buffer.alloc(32, 7).toString('base64');
  await writeFile(config, text.replace(/secret: (\S+)/g, `secret: ${otherKey}`));
  const served = await servedByKind(sample);
  for (const flags of [[], ['--encryption-config', config]]) {
    const { stdout, stderr } = await list(file, '-A', '-o', 'json', ...flags);
    const { items } = parseExact(stdout) as ObjectList;
    const unread = items.filter(
      ({ metadata }) =>
        (metadata['annotations'] as Record<string, string> | undefined)?.['holdfast/unread'] !== undefined,
    );
    assert.equal(unread.length, 105);
    for (const item of items) if (!unread.includes(item)) assert.deepEqual(item, served.get(idOf(item)));
    assert.deepEqual(stderr.trim().split('\n').toSorted(), [
      '23 objects are encrypted and not read: they want secretbox v1, key "key2"',
      '30 objects are encrypted and not read: they want aescbc v1, key "key1"',
      '52 objects are encrypted and not read: they want aesgcm v1, key "keyg"',
      ...(flags.length === 0 ? [noConfiguration] : []),
    ]);
    const table = await list(file, 'secrets', '-n', 'kube-system', ...flags);
    assert.match(table.stdout, /^bootstrap-token-abcdef +<encrypted with aescbc v1, key "key1", .*>$/m);
    assert.ok(!`${stdout}${stderr}${table.stdout}`.includes(otherKey));
    const got = await runHoldfast([
      'objects',
      'get',
      file,
      'secret/bootstrap-token-abcdef',
      '-n',
      'kube-system',
    ]);
    assert.equal(got.exitCode, 1);
    assert.match(got.stderr, /encrypted with aescbc v1, key "key1"/);
  }
});

const noConfiguration =
  'Objects are encrypted, and no API server was found on this host to name the encryption configuration.';

suite('words, selectors and formats', async () => {
  const dir = await tempDir('objects');
  const file = await unpackSample('shop-3.6', dir.path);
  const served = [...(await readServed('shop-3.6')).values()];
  const namesOf = (kind: string, namespace?: string) =>
    served
      .filter((one) => one.kind === kind && (namespace === undefined || one.metadata.namespace === namespace))
      .map(({ metadata }) => metadata.name)
      .toSorted();
  const listed = async (...words: string[]) =>
    (await list(file, ...words, '-o', 'name')).stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(line.indexOf('/') + 1))
      .toSorted();

  test('plural, singular, short name, kind and group mean the same', async () => {
    const expected = namesOf('Deployment', 'shop');
    assert.ok(expected.length > 0);
    for (const word of [
      'deployments',
      'deployment',
      'deploy',
      'Deployment',
      'deployments.apps',
      'deploy.v1.apps',
    ])
      assert.deepEqual(await listed(word, '-n', 'shop'), expected, word);
    assert.deepEqual(await listed('invoices', '-A'), namesOf('Invoice'));
    assert.deepEqual(await listed('invoices.billing.example.com', '-A'), namesOf('Invoice'));
  });

  test('several words, a name, a namespace alone', async () => {
    const both = [...namesOf('Service', 'shop'), ...namesOf('ConfigMap', 'shop')].toSorted();
    assert.deepEqual(await listed('svc,cm', '-n', 'shop'), both);
    assert.deepEqual(await listed('svc', 'cm', '-n', 'shop'), both);
    assert.deepEqual(await listed('cm/app-config-02', '-n', 'shop'), ['app-config-02']);
    const inShop = served
      .filter(({ metadata }) => metadata.namespace === 'shop')
      .map(({ metadata }) => metadata.name);
    assert.deepEqual(await listed('-n', 'shop'), inShop.toSorted());
    assert.deepEqual(await listed('nodes', '-n', 'shop'), namesOf('Node'));
    assert.deepEqual(await listed('pods'), namesOf('Pod', 'default'));
  });

  test('labels and fields', async () => {
    const withLabel = served.filter(
      ({ kind, metadata }) =>
        kind === 'Pod' && (metadata['labels'] as Record<string, string> | undefined)?.['app'] === 'svc-1',
    );
    assert.ok(withLabel.length > 0);
    assert.equal((await listed('pods', '-A', '-l', 'app=svc-1')).length, withLabel.length);
    const pending = served.filter(
      ({ kind, ...pod }) => kind === 'Pod' && (pod['status'] as { phase?: string }).phase !== 'Running',
    );
    assert.equal(
      (await listed('pods', '-A', '--field-selector', 'status.phase!=Running')).length,
      pending.length,
    );
    const wrong = await runHoldfast(['objects', 'list', file, 'pods', '-l', 'a in b']);
    assert.equal(wrong.exitCode, 2);
  });

  test('tables: columns of kinds and of definitions, ages as of the snapshot', async () => {
    const { stdout: pods } = await list(file, 'pods', '-n', 'kube-system');
    assert.match(pods, /^NAME +READY +STATUS +RESTARTS +AGE$/m);
    assert.match(pods, /^etcd-controlplane +1\/1 +Running +\d+( \(\d+m ago\))? +\d+m$/m);
    const { stdout: nodes } = await list(file, 'nodes');
    assert.match(nodes, /^controlplane +Ready +control-plane +60m +v1\.36\.2$/m);
    const { stdout: services } = await list(file, 'svc', '-n', 'shop');
    assert.match(services, /^external +ExternalName +<none> +db\.example\.com +<none> +14m$/m);
    assert.match(services, /^svc-3 +LoadBalancer +[\d.]+ +<pending> +80:\d+\/TCP +14m$/m);
    const { stdout: everywhere } = await list(file, 'deploy,sts', '-A');
    assert.match(everywhere, /^NAMESPACE +NAME +READY +UP-TO-DATE +AVAILABLE +AGE$/m);
    assert.match(everywhere, /^default +deployment\.apps\/web +2\/2 +2 +2 +14m$/m);
    const none = await list(file, 'pods', '-n', 'nowhere');
    assert.deepEqual([none.stdout, none.stderr], ['', 'No resources found.\n']);
  });

  test('printer columns of a definition', async () => {
    const definition = served.find(
      ({ kind, metadata }) =>
        kind === 'CustomResourceDefinition' && metadata.name === 'invoices.billing.example.com',
    );
    const { versions } = definition!['spec'] as {
      versions: { storage: boolean; additionalPrinterColumns?: { name: string; priority?: number }[] }[];
    };
    const columns = versions.find(({ storage }) => storage)?.additionalPrinterColumns ?? [{ name: 'Age' }];
    const [header = ''] = (await list(file, 'invoices', '-n', 'shop')).stdout.split('\n');
    const shown = columns.filter(({ priority = 0 }) => priority === 0).map(({ name }) => name.toUpperCase());
    assert.deepEqual(header.trim().split(/ {3,}/), ['NAME', ...shown]);
  });

  test('what is not there, and what nobody knows', async () => {
    const absent = await runHoldfast(['objects', 'list', file, 'cm/absent', '-n', 'shop']);
    assert.deepEqual([absent.exitCode, absent.stdout], [1, '']);
    assert.match(absent.stderr, /configmaps\/absent in namespace shop is not there at revision 5708/);
    const unknown = await runHoldfast(['objects', 'list', file, 'gadgets']);
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /no resource type "gadgets"/);
    for (const format of ['json', 'yaml', 'name', 'wide']) {
      const half = await runHoldfast(['objects', 'list', file, 'gadgets', '-o', format]);
      assert.deepEqual([half.exitCode, half.stdout], [1, ''], format);
      const none = await runHoldfast(['objects', 'list', file, 'pods', '-n', 'nobody', '-o', format]);
      assert.equal(none.exitCode, 0);
      if (format === 'json' || format === 'yaml')
        assert.deepEqual((parse(none.stdout) as { items: unknown[] }).items, [], format);
    }
  });

  test('one object as YAML, as JSON, as it is stored, and as it was', async () => {
    const expected = served.find(
      ({ kind, metadata }) =>
        kind === 'ConfigMap' && metadata.name === 'app-config-02' && metadata.namespace === 'shop',
    );
    const get = (...flags: string[]) =>
      runHoldfast(['objects', 'get', file, 'cm/app-config-02', '-n', 'shop', ...flags]);
    assert.deepEqual(parse((await get()).stdout), expected);
    assert.deepEqual(parseExact((await get('-o', 'json')).stdout), expected);
    assert.deepEqual(parseExact((await get('-w', 'json')).stdout), expected);
    const raw = await get('-o', 'raw');
    assert.equal(Buffer.from(raw.stdoutBytes.subarray(0, 4)).toString('latin1'), 'k8s\0');
    const before = parseExact((await get('-o', 'json', '--revision', '5690')).stdout) as ServedObject;
    assert.ok(Number(before.metadata['resourceVersion']) <= 5690);
    assert.equal((await get('--revision', '9999')).exitCode, 1);
  });

  test('YAML lists are read back as the same objects', async () => {
    const { stdout } = await list(file, '-n', 'shop', '-o', 'yaml');
    const { items } = parse(stdout, { intAsBigInt: true, maxAliasCount: -1 }) as ObjectList;
    const expected = served.filter(({ metadata }) => metadata.namespace === 'shop');
    const byId = new Map(expected.map((one) => [idOf(one), one]));
    assert.equal(items.length, expected.length);
    for (const item of items) assert.deepEqual(exact(item), byId.get(idOf(item)));
  });

  test('the index beside a file gives the same answers, and a stale or damaged one is not used', async () => {
    const words = [file, 'pods,cm', '-A', '-o', 'json'];
    const without = (await list(...words)).stdout;
    const index = `${file}.holdfast-index`;
    assert.equal((await list(...words, '--index')).stdout, without);
    assert.equal((await stat(index)).mode & 0o777, 0o600);
    assert.equal((await list(...words)).stdout, without);
    await writeFile(index, 'hfindex1 and nothing that belongs to it');
    const damaged = await list(...words);
    assert.equal(damaged.stdout, without);
    assert.match(damaged.stderr, /the index beside the file is damaged and not used/);
    await rm(index);
  });

  test('records of the API server itself come only when they are named', async () => {
    const keys = (await list(file, '-A', '-o', 'name')).stdout;
    assert.ok(!keys.includes('rangeallocation'));
    assert.match((await list(file, 'ranges', '-o', 'name')).stdout, /^rangeallocation\/servicenodeports$/m);
  });

  after(async () => {
    await dir[Symbol.asyncDispose]();
  });
});
