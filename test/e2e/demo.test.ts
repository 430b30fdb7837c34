/** `holdfast demo` as somebody runs it who has nothing but Node: the story, its proof, and nothing left behind. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLocalHost } from '../../src/hosts/index.ts';
import { runHoldfastProcess, startHoldfast } from '../faults/holdfast-process.ts';
import { requirePeer } from '../peers/index.ts';
import { mustRun } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';

const timeoutMs = 300_000;
const isSoak = process.env['HOLDFAST_SOAK'] === '1';

/** Command lines of everything that runs for a sandbox. */
async function running(directory: string): Promise<string[]> {
  const processes = await openLocalHost().processes();
  return processes
    .filter(({ pid, argv }) => pid !== process.pid && argv.some((word) => word.includes(`${directory}/cp1`)))
    .map(({ argv }) => argv.join(' '));
}

async function nothingLeft(directory: string): Promise<void> {
  assert.deepEqual(await running(directory), []);
  await assert.rejects(stat(directory), { code: 'ENOENT' });
}

test('the story is told, proved, and leaves nothing', async () => {
  await using dir = await tempDir('demo');
  const directory = join(dir.path, 'sandbox');
  const { exitCode, stdout, stderr } = await runHoldfastProcess(['demo', '--dir', directory], { timeoutMs });
  assert.equal(exitCode, 0, stderr);
  const told = [
    /are stand-ins:\s+small programs\s+of\s+holdfast/,
    /^ {3}\$ holdfast --root cp1 discover\n {3}etcd manifest +\/etc\/kubernetes\/manifests\/etcd\.yaml/m,
    /^ {3}\$ holdfast --root cp1 snapshot save backup\.db\n {3}Snapshot saved at backup\.db$/m,
    /^ {3}backup\.db: no check failed$/m,
    /^ {3}\$ kubectl delete namespace shop\n {3}258 objects are gone\./m,
    /^ {3}\$ rm -rf cp1\/var\/lib\/etcd && kill -9 \d+$/m,
    /^ {3}No resources found\.$/m,
    /^ {3}Recovered in [\d.]+ s\. etcd holds what the snapshot holds:$/m,
    /^ {3}✔ HashKV at revision 1000005\d{3} +(\d+) +\1$/m,
    /^ {3}✔ keys +(\d{4}) +\1$/m,
    /^ {3}✔ objects in namespace shop +257 +257$/m,
    /^ {3}✔ objects that differ +0 +0$/m,
    /^The cluster that came back is the one in the backup\. [\d.]+ s\.\nEverything that ran was stopped/m,
  ];
  for (const line of told) assert.match(stdout, line);
  assert.doesNotMatch(stdout, /\x1b/, 'plain text where there is no terminal');
  assert.equal(stderr, '');
  await nothingLeft(directory);
});

test('Ctrl-C in the middle of the recovery ends everything', async () => {
  await using dir = await tempDir('demo');
  const directory = join(dir.path, 'sandbox');
  const demo = startHoldfast(['demo', '--dir', directory], { timeoutMs });
  let seen = '';
  demo.stdout.on('data', (text: Buffer) => {
    const isNew = !seen.includes('take etcd away');
    seen += text.toString();
    // A second one would end it on the spot.
    if (isNew && seen.includes('take etcd away')) demo.kill('SIGINT');
  });
  const { exitCode, stdout, stderr } = await demo.ended;
  assert.match(stdout, /take etcd away/);
  assert.equal(exitCode, 130, stderr);
  assert.equal(stderr.split('\n')[0], 'Error: interrupted');
  assert.doesNotMatch(stdout, /The cluster that came back/);
  await nothingLeft(directory);
});

test('what is kept runs on, and is gone when it is told to stop', async () => {
  await using dir = await tempDir('demo');
  const kept = await runHoldfastProcess(['demo', '--keep', '--dir', dir.path, '-w', 'json'], { timeoutMs });
  assert.equal(kept.exitCode, 0, kept.stderr);
  const { ok, sandbox } = JSON.parse(kept.stdout) as {
    readonly ok: boolean;
    readonly sandbox: { readonly directory: string; readonly stopScript: string; readonly root: string };
  };
  assert.deepEqual([ok, sandbox.directory, sandbox.root], [true, dir.path, join(dir.path, 'cp1')]);
  assert.equal((await running(dir.path)).length, 5, 'the runner and four containers');
  const list = await runHoldfastProcess([
    '--root',
    sandbox.root,
    'get',
    '/registry/namespaces/shop',
    '-w',
    'json',
  ]);
  assert.equal((JSON.parse(list.stdout) as { count: number }).count, 1);
  const taken = await runHoldfastProcess(['demo', '--dir', dir.path]);
  assert.equal(taken.exitCode, 4, 'another demo does not take its place');
  await mustRun(sandbox.stopScript, [], { timeoutMs: 120_000 });
  assert.deepEqual(await running(dir.path), []);
  assert.deepEqual(await readdir(dir.path), [], 'a directory that was there before stays');
});

for (const line of ['3.5', '3.6', '3.7'] as const) {
  test(`with the real etcd ${line} the proof is the same`, {
    skip: !isSoak && 'in the soak run',
  }, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    const { exitCode, stdout, stderr } = await runHoldfastProcess(
      ['demo', '--etcd', peer.etcd, '-w', 'json'],
      { timeoutMs },
    );
    assert.equal(exitCode, 0, stderr);
    const { ok, etcdVersion, isRealEtcd } = JSON.parse(stdout) as {
      readonly ok: boolean;
      readonly etcdVersion: string;
      readonly isRealEtcd: boolean;
    };
    assert.deepEqual(
      { ok, etcdVersion, isRealEtcd },
      { ok: true, etcdVersion: peer.version, isRealEtcd: true },
    );
  });
}

test('what is no etcd, or an old one, is refused before anything is started', async (t) => {
  const none = await runHoldfastProcess(['demo', '--etcd', '/bin/true']);
  assert.equal(none.exitCode, 1);
  assert.match(none.stderr, /^Error: \/bin\/true does not say that it is etcd$/m);
  const peer = await requirePeer(t, '3.4');
  if (peer === undefined) return;
  const old = await runHoldfastProcess(['demo', '--etcd', peer.etcd]);
  assert.equal(old.exitCode, 2);
  assert.match(old.stderr, /needs 3\.5 or newer$/m);
  const step = await runHoldfastProcess(['demo', '--step']);
  assert.equal(step.exitCode, 2);
  assert.match(step.stderr, /^Error: --step needs a terminal$/m);
});
