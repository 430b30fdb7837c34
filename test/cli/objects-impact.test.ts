/** `objects impact` as it is typed: against a file, against the etcd that is connected to, and found on a host. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { writeEditedSample } from '../support/edit-objects.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = await tempDir('objects-impact');
after(async () => {
  await dir[Symbol.asyncDispose]();
});
const shop = await unpackSample('shop-3.6', dir.path);
const edited = await unpackSample('shop-edited-3.6', dir.path);

const impact = (...words: string[]) => runHoldfast(['objects', 'impact', ...words]);

interface ImpactDocument {
  readonly present: { readonly source: string; readonly revision: number };
  readonly counts: Readonly<Record<string, number>>;
  readonly risks: readonly {
    readonly risk: string;
    readonly id: string;
    readonly objects: readonly object[];
  }[];
}

test('counts come first, then risks by rank with a few names each and what to do', async () => {
  const { stdout, stderr, exitCode } = await impact(edited, '--against', shop);
  assert.deepEqual([exitCode, stderr], [0, '']);
  assert.match(stdout, /^Objects: 119 vanish, 6 come back, 15 go back to what they were;$/m);
  assert.match(stdout, /^invoices\.billing\.example\.com +30 +0 +5$/m);
  const ranks = [...stdout.matchAll(/^(HIGH|MEDIUM|LOW|INFO) .* \((\d+)\)$/gm)].map((found) => found[1]);
  assert.deepEqual(ranks, ['MEDIUM', 'MEDIUM', 'MEDIUM', 'LOW', 'INFO', 'INFO']);
  assert.match(stdout, /^LOW {5}objects vanish \(119\)$/m);
  assert.match(stdout, /^ {10}and 114 more$/m);
  assert.equal(stdout.match(/^ {8}What to do: /gm)?.length, 6);
  const longest = Math.max(...stdout.split('\n').map((line) => (line.includes('- ') ? 0 : line.length)));
  assert.ok(longest <= 100, `${longest}`);
});

test('as JSON it is one document with every object', async () => {
  for (const flags of [
    ['-o', 'json'],
    ['-w', 'json'],
  ]) {
    const { stdout } = await impact(edited, '--against', shop, ...flags);
    const { counts, risks } = JSON.parse(stdout) as ImpactDocument;
    assert.deepEqual([counts['vanish'], counts['return'], counts['change']], [119, 6, 15]);
    const vanishing = risks.find(({ id }) => id === 'objects-vanish');
    assert.deepEqual([vanishing?.risk, vanishing?.objects.length], ['low', 119]);
  }
});

test('an older revision of the snapshot can be meant, and names show no control characters', async () => {
  const key = 'configmaps/shop/app-config-02';
  const present = await writeEditedSample('shop-3.6', join(dir.path, 'now.db'), {
    [key]: undefined,
    'nodes-of-nobody/\u001b[31mred': { kind: 'X', apiVersion: 'v1', metadata: {} },
  });
  const newest = await impact(shop, '--against', present);
  assert.match(newest.stdout, /^Objects: 1 vanish, 1 come back, 0 go back/m);
  assert.ok(!newest.stdout.includes('\u001b'));
  const older = await impact(shop, '--revision', '5699', '--against', shop);
  assert.match(older.stdout, /^ +- configmaps\/app-config-02 -n shop$/m);
});

test('without --against it is the etcd of the connection flags', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
  await server.ready();
  const { stdout, stderr, exitCode } = await impact(edited, '--endpoints', server.clientUrl, '-o', 'json');
  assert.equal(exitCode, 0, stderr);
  const { present, counts, risks } = JSON.parse(stdout) as ImpactDocument;
  assert.equal(present.source, server.clientUrl);
  assert.deepEqual([counts['vanish'], counts['unchanged']], [0, 0], 'this etcd is empty');
  assert.ok((counts['return'] ?? 0) > 1000);
  assert.ok(risks.some(({ id }) => id === 'node-returns'));
});

test('a file that is none, and an etcd that does not answer', async () => {
  const noFile = await impact(join(dir.path, 'none.db'), '--against', shop);
  assert.match(noFile.stderr, /none\.db/);
  assert.notEqual(noFile.exitCode, 0);
  const silent = await impact(shop, '--endpoints', 'http://127.0.0.1:1', '--dial-timeout', '200ms');
  assert.equal(silent.exitCode, 5, silent.stderr);
});
