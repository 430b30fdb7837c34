/** `objects history`, `diff`, `stats` and `extract` as they are typed, on snapshots of a real cluster. */
import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = await tempDir('objects-look');
after(async () => {
  await dir[Symbol.asyncDispose]();
});
const shop = await unpackSample('shop-3.6', dir.path);
const edited = await unpackSample('shop-edited-3.6', dir.path);

const objects = (words: string, ...paths: string[]) => {
  const [command = '', ...rest] = words.split(' ');
  return runHoldfast(['objects', command, ...paths, ...rest]);
};

test('history tells each revision, who made it, and its fields', async () => {
  const { stdout, stderr, exitCode } = await objects('history cm/shortlived -n shop', shop);
  assert.deepEqual([exitCode, stderr], [0, '']);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/ \d{4}-\S+Z$/, '')),
    [
      '5702  created by kubectl-create Update',
      '5703  deleted',
      '5706  created by kubectl-create Update',
      '5707  deleted',
    ],
  );
  const updates = await objects('history cm/app-config-02 -n shop', shop);
  assert.match(updates.stdout, /\(kubectl-patch Update \S+\)\n {4}~ \.data\.round: "39" -> "40"\n$/);
  const json = await objects('history cm/app-config-02 -n shop -o json', shop);
  const { revisions } = JSON.parse(json.stdout) as { revisions: { fields: unknown[] }[] };
  assert.equal(revisions.length, 41);
  assert.deepEqual(revisions.at(-1)?.fields, [
    { change: 'changed', path: '.data.round', before: '39', after: '40' },
  ]);
});

test('diff prints unified YAML, fields, names or JSON', async () => {
  const unified = await objects('diff svc -n shop', shop, edited);
  assert.equal(unified.exitCode, 0);
  assert.match(unified.stdout, /^--- a services\/svc-1 -n shop\n\+\+\+ b services\/svc-1 -n shop\n@@ /);
  assert.match(unified.stdout, /\n- {2}- name: .*\n|\n-.*port: 80\n\+.*port: 9090\n/);
  const fields = await objects('diff svc -n shop -o fields', shop, edited);
  assert.equal(fields.stdout, 'changed services/svc-1 -n shop\n    ~ .spec.ports[0].port: 80 -> 9090\n');
  assert.match(fields.stderr, /^0 added, 0 removed, 1 changed; \d+ the same/);
  const names = await objects('diff cm/fresh -n monitoring -o name', shop, edited);
  assert.equal(names.stdout, 'added configmaps/fresh -n monitoring\n');
  const json = await objects('diff -w json', shop, edited);
  const {
    added,
    removed,
    changed,
    objects: all,
  } = JSON.parse(json.stdout) as Record<string, unknown> & {
    objects: unknown[];
  };
  assert.deepEqual([added, removed, changed, all.length], [6, 119, 15, 140]);
  assert.deepEqual((await objects('diff -o name', shop, shop)).stdout, '');
});

test('diff and history show no text of a secret', async () => {
  const { stdout } = await objects('diff secrets -n staging', shop, edited);
  assert.match(stdout, /^- {2}\S+: '\*\*\*'$/m);
  const shown = await objects('diff secrets -n staging --include-secrets', shop, edited);
  assert.doesNotMatch(shown.stdout, /'\*\*\*'/);
});

test('stats count what is there', async () => {
  const { stdout, exitCode } = await objects('stats', shop);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^configmaps +103 .*█/m);
  assert.match(stdout, /^2269 objects, /m);
  const json = await objects('stats -w json', shop);
  const { total, byNamespace, byResource, freedByCompactionBytes } = JSON.parse(json.stdout) as Record<
    'byNamespace' | 'byResource',
    { objects: number; historyBytes: number }[]
  > & { total: { objects: number }; freedByCompactionBytes: number };
  for (const shares of [byNamespace, byResource]) {
    assert.equal(
      shares.reduce((sum, share) => sum + share.objects, 0),
      total.objects,
    );
    assert.equal(
      shares.reduce((sum, share) => sum + share.historyBytes, 0),
      freedByCompactionBytes,
    );
  }
});

test('on a terminal the rows of stats and the sentences of impact fit', async () => {
  const shown = async (columns: number, ...words: string[]) => {
    const { stdout } = await runHoldfast(['objects', ...words], { isTerminal: true, columns });
    return stdout.split('\n');
  };
  for (const [columns, name] of [
    [80, /^validatingadmissionpolicyb[a-z]+…  /],
    [120, /^validatingadmissionpolicybindings\.admissionregistration\.k8s\.io  /],
  ] as const) {
    const lines = await shown(columns, 'stats', shop);
    const rows = lines.filter((line) => /^\S+ +\d+ +[\d.]+ k?B +\d/.test(line));
    assert.ok(rows.length > 60);
    for (const row of rows) assert.ok(row.length <= columns, row);
    assert.ok(rows.some((row) => name.test(row)));
    // What a short name leaves is for a bar.
    assert.ok(rows.some((row) => /^shop +257 .* █+░+$/.test(row)));
  }
  const impact = await shown(80, 'impact', shop, '--against', edited);
  const sentences = impact.filter((line) => /^ {8}\S/.test(line) && !line.startsWith('        - '));
  assert.ok(sentences.length > 8);
  for (const line of sentences) assert.ok(line.length <= 80, line);
});

test('extract writes documents in order, leaves secrets out, and never writes into what is there', async () => {
  const { stdout, stderr } = await objects('extract cm,secrets,deploy -n shop', shop);
  const kinds = parseAllDocuments(stdout).map((each) => (each.toJS() as { kind: string }).kind);
  assert.deepEqual([...new Set(kinds)], ['ConfigMap', 'Deployment']);
  assert.match(stderr, /^8 secrets left out/);
  const one = await objects('extract cm/app-config-02 -n shop', shop);
  assert.deepEqual([one.exitCode, one.stderr], [0, '1 object written\n']);
  assert.doesNotMatch(stdout, /resourceVersion|managedFields|^status:/m);
  assert.match((await objects('extract cm -n shop --raw', shop)).stdout, /resourceVersion/);

  const out = join(dir.path, 'out');
  const written = await objects(`extract cm,secrets -n shop --include-secrets --out ${out}`, shop);
  assert.equal(written.exitCode, 0, written.stderr);
  const files = await readdir(out);
  assert.ok(files.includes('05_secrets_shop_db-credentials.yaml'));
  assert.equal((await stat(join(out, files[0]!))).mode & 0o777, 0o600);
  await writeFile(join(out, 'mine'), '');
  const again = await objects(`extract cm -n shop --out ${out}`, shop);
  assert.equal(again.exitCode, 4);
  assert.deepEqual((await readdir(out)).length, files.length + 1);
});
