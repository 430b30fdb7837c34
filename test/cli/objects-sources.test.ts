/** The same objects out of a snapshot, the real etcd that was restored from it, and its data dir after it died. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext, utf8 } from '../../src/base/index.ts';
import { restoreSnapshot } from '../../src/operations/restore/index.ts';
import { requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { sampleFile, unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const sample = 'enc-mixed-3.6';

/** As an API server without encryption would have stored it in JSON. */
function configMap(name: string, round: string): Uint8Array {
  const metadata = { name, namespace: 'default', creationTimestamp: '2026-11-22T00:00:00Z' };
  return utf8(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { round } }));
}

async function objects(...words: string[]): Promise<string> {
  const run = await runHoldfast(['objects', ...words]);
  assert.equal(run.exitCode, 0, run.stderr);
  assert.doesNotMatch(run.stderr, /not read|damaged/);
  return run.stdout;
}

test('list, get, history, diff and extract say the same of a live etcd and of what it left behind', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('objects-sources');
  const snapshot = await unpackSample(sample, dir.path);
  const config = join(dir.path, 'encryption.yaml');
  await writeFile(config, await sampleFile(sample, 'encryption.yaml'));
  const dataDir = join(dir.path, 'data');
  await restoreSnapshot({ snapshotPath: snapshot, dataDir }, operationContext());
  // What is written from now on stays in the log until etcd ends, which it will not do in order.
  await using etcd = await startEtcd({
    peer,
    dataDir,
    extraArgs: ['--backend-batch-interval=1h', '--backend-batch-limit=1000000'],
  });
  await etcd.ready();
  {
    await using client = openTestClient(etcd);
    const put = (name: string, round: string) =>
      client.kv.put({ key: utf8(`/registry/configmaps/default/${name}`), value: configMap(name, round) });
    await put('tail', '1');
    await put('tail', '2');
    await put('gone', '1');
    await client.kv.deleteRange({ key: utf8('/registry/configmaps/default/gone') });
  }

  const keyed = ['--encryption-config', config];
  /** What every command prints of a source. */
  const look = async (source: string, ...flags: string[]) => {
    const at = [...keyed, ...flags];
    return {
      table: await objects('list', source, 'cm,secrets', '-A', '-o', 'name', ...at),
      list: await objects('list', source, 'cm,secrets,deploy', '-A', '-o', 'json', ...at),
      tail: await objects('get', source, 'cm/tail', ...at),
      history: await objects('history', source, 'cm/tail', ...at),
      gone: await objects('history', source, 'cm/gone', ...at),
      secret: await objects('history', source, 'secret/bootstrap-token-abcdef', '-n', 'kube-system', ...at),
      diff: await objects('diff', snapshot, source, 'cm,secrets', '-A', ...at),
      extract: await objects('extract', source, 'secrets', '-A', '--include-secrets', ...at),
    };
  };
  const live = await look('live', '--endpoints', etcd.clientUrl);
  await etcd.kill();
  const left = await look(dataDir);
  assert.deepEqual(left, live);

  assert.match(live.tail, /^ {2}round: "2"$/m);
  assert.match(live.history, /^\d+ +created.*\n(?: .*\n)*\d+ +changed.*\n {4}~ \.data\.round: "1" -> "2"\n$/);
  assert.match(live.gone, /^\d+ +created.*\n(?: .*\n)*\d+ +deleted\n$/);
  assert.match(live.secret, /^\d+ +\S+/);
  assert.match(live.diff, /^\+\+\+ b configmaps\/tail -n default$/m);
  const names = await objects('diff', snapshot, dataDir, '-A', '-o', 'name', ...keyed);
  assert.equal(names, 'added configmaps/tail -n default\n');

  // What is encrypted comes out of all three the same, and the log is what makes the difference.
  const saved = { ...(await lookAtSecrets(snapshot, keyed)) };
  assert.deepEqual(await lookAtSecrets(dataDir, keyed), saved);
  assert.equal(saved.extract, live.extract);
  assert.ok(saved.extract.includes('\nkind: Secret\n'));
  const database = join(dataDir, 'member', 'snap', 'db');
  assert.equal(
    await objects('list', database, 'cm', '-n', 'default', '-o', 'name', ...keyed),
    await objects('list', snapshot, 'cm', '-n', 'default', '-o', 'name', ...keyed),
  );
});

async function lookAtSecrets(source: string, keyed: readonly string[]) {
  return {
    list: await objects('list', source, 'secrets', '-A', '-o', 'json', ...keyed),
    extract: await objects('extract', source, 'secrets', '-A', '--include-secrets', ...keyed),
  };
}
