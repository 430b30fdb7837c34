/** The snapshot commands as they are typed: the same words as etcdctl and etcdutl, the same lines, files that fit. */
import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type Peer, type PeerLine, requirePeer } from '../peers/index.ts';
import { etcdctl, etcdctlTlsFlags, runEtcdutl } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { createPki } from '../support/pki.ts';
import { patience, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { tableCells } from './table-cells.ts';

for (const line of ['3.4', '3.5', '3.6', '3.7'] as const)
  suite(`snapshot commands beside etcd ${line}`, () => {
    test('save, status, hashkv, restore: the same output and a data dir that boots', async (t) => {
      await using given = await startFilled(t, line);
      if (given === undefined) return;
      const { server, directory, peer } = given;
      const run = (words: string, ...paths: string[]) =>
        runHoldfast([`--endpoints=${server.clientUrl}`, ...words.split(' '), ...paths]);

      const file = join(directory, 'one.db');
      const saved = await run('snapshot save', file);
      const serverVersion = line === '3.6' || line === '3.7' ? `Server version ${line}.0\n` : '';
      assert.equal(saved.stdout, `Snapshot saved at ${file}\n${serverVersion}`, saved.stderr);
      assert.equal((await stat(file)).mode & 0o777, 0o600);

      for (const format of ['simple', 'json', 'fields'])
        assert.equal(
          (await run(`snapshot status -w ${format}`, file)).stdout,
          (await runEtcdutl(peer, ['snapshot', 'status', '-w', format, file])).stdout,
          format,
        );
      const table = await runEtcdutl(peer, ['snapshot', 'status', '-w', 'table', file]);
      assert.deepEqual(
        tableCells((await run('snapshot status -w table', file)).stdout),
        tableCells(table.stdout),
      );

      const verified = await run('snapshot verify', file);
      assert.equal(verified.exitCode, 0, verified.stderr);
      assert.match(verified.stdout, /^ok {4}digest /m);

      // The live member answers the same hash as the file.
      const live = (await etcdctl(server, ['endpoint', 'hashkv'])).split(', ')[1]!.trim();
      assert.equal((await run('snapshot hashkv', file)).stdout.split(', ')[0], live);

      const dataDir = join(directory, 'restored');
      const restored = await run('snapshot restore --data-dir', dataDir, file);
      assert.equal(restored.exitCode, 0, restored.stderr);
      assert.equal(restored.stderr, '', 'the record is on standard output');
      const record = restored.stdout.trimEnd().split('\n');
      for (const each of record) assert.match(each, /^\d{4}-\d\d-\d\dT[\d:.]+Z\tinfo\t/);
      assert.match(record[0]!, /\trestoring snapshot\t\{"path": /);
      assert.match(record.at(-1)!, /\trestored snapshot\t\{"path": /);
      await using again = await startEtcd({ peer, dataDir });
      await again.ready();
      assert.equal(
        await etcdctl(again, ['get', 'k', '--prefix']),
        await etcdctl(server, ['get', 'k', '--prefix']),
      );
    });
  });

test('etcdutl hashkv prints what ours prints', async (t) => {
  await using given = await startFilled(t, '3.7');
  if (given === undefined) return;
  const { directory, peer, server } = given;
  const file = join(directory, 'one.db');
  await runHoldfast([`--endpoints=${server.clientUrl}`, 'snapshot', 'save', file]);
  const before = await readFile(file);
  for (const words of ['-w simple', '-w json', '-w fields', '--rev 4']) {
    const ours = await runHoldfast(['snapshot', 'hashkv', ...words.split(' '), file]);
    assert.deepEqual(await readFile(file), before, 'the file is not touched');
    const copy = join(directory, 'copy.db');
    await runHoldfast([`--endpoints=${server.clientUrl}`, 'snapshot', 'save', '--force', copy]);
    assert.equal(ours.stdout, (await runEtcdutl(peer, ['hashkv', ...words.split(' '), copy])).stdout, words);
  }
  const future = await runHoldfast(['snapshot', 'hashkv', '--rev=999', file]);
  assert.equal(future.exitCode, 1);
});

test('over mutual TLS, with the same flags or variables as etcdctl', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('cli-tls');
  const tls = await createPki(join(dir.path, 'pki'));
  await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data'), tls });
  await server.ready();
  const file = join(dir.path, 'one.db');
  const flags = await runHoldfast([
    `--endpoints=${server.clientUrl}`,
    ...etcdctlTlsFlags(tls),
    'snapshot',
    'save',
    file,
  ]);
  assert.equal(flags.exitCode, 0, flags.stderr);
  const env = {
    ...patience,
    ETCDCTL_ENDPOINTS: server.clientUrl.replace('https://', ''),
    ETCDCTL_CACERT: tls.caFile,
    ETCDCTL_CERT: tls.client.certFile,
    ETCDCTL_KEY: tls.client.keyFile,
  };
  const variables = await runHoldfast(['snapshot', 'save', join(dir.path, 'two.db'), '-w', 'json'], { env });
  assert.equal(variables.exitCode, 0, variables.stderr);
  const report = JSON.parse(variables.stdout) as Record<string, unknown>;
  assert.equal(report['path'], join(dir.path, 'two.db'));
  assert.match(String(report['sha256']), /^[0-9a-f]{64}$/);
  const without = await runHoldfast([`--endpoints=${server.clientUrl}`, 'get', 'a', '--command-timeout=3s']);
  assert.equal(without.exitCode, 5, without.stderr);
  const insecure = await runHoldfast([
    `--endpoints=${server.clientUrl}`,
    '--insecure-skip-tls-verify',
    'get',
    'a',
    '--cert',
    tls.client.certFile,
    '--key',
    tls.client.keyFile,
  ]);
  assert.equal(insecure.exitCode, 0, insecure.stderr);
  assert.match(insecure.stderr, /\twarn\tserver certificates are not verified\n/);
});

test('to standard output: the snapshot alone is there', async (t) => {
  await using given = await startFilled(t, '3.6');
  if (given === undefined) return;
  const { server, directory, peer } = given;
  for (const format of ['simple', 'json']) {
    const run = await runHoldfast([
      `--endpoints=${server.clientUrl}`,
      '-w',
      format,
      '--quiet',
      'snapshot',
      'save',
      '-',
    ]);
    assert.equal(run.exitCode, 0, run.stderr);
    const { createHash } = await import('node:crypto');
    const database = run.stdoutBytes.subarray(0, -32);
    assert.deepEqual(
      createHash('sha256').update(database).digest(),
      Buffer.from(run.stdoutBytes.subarray(-32)),
    );
    assert.match(
      run.stderr,
      format === 'json' ? /^\{"path":"-",/ : /^Snapshot written to standard output \(\d+ bytes\)\n$/,
    );
    const file = join(directory, `${format}.db`);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(file, run.stdoutBytes);
    assert.equal((await runEtcdutl(peer, ['snapshot', 'status', file])).exitCode, 0);
  }
});

test('refusals: existing file, several endpoints, existing data dir, bump without mark', async (t) => {
  await using given = await startFilled(t, '3.6');
  if (given === undefined) return;
  const { server, directory } = given;
  const run = (words: string, ...paths: string[]) =>
    runHoldfast([`--endpoints=${server.clientUrl}`, ...words.split(' '), ...paths]);
  const file = join(directory, 'one.db');
  assert.equal((await run('snapshot save', file)).exitCode, 0);
  const exists = await run('snapshot save', file);
  assert.equal(exists.exitCode, 4);
  assert.match(exists.stderr, /^Error: .*exists already\nhint: .*--force/m);
  assert.equal((await run('snapshot save --force', file)).exitCode, 0);
  const several = await run('snapshot save --endpoints=127.0.0.1:1', join(directory, 'two.db'));
  assert.equal(several.exitCode, 2);
  assert.match(several.stderr, /must be requested to one selected node, not multiple/);
  const any = await run('snapshot save --endpoints=127.0.0.1:1 --any-endpoint', join(directory, 'two.db'));
  assert.equal(any.exitCode, 0, any.stderr);

  assert.equal((await run('snapshot restore --data-dir', join(directory, 'r'), file)).exitCode, 0);
  const full = await run('snapshot restore --data-dir', join(directory, 'r'), file);
  assert.equal(full.exitCode, 4, full.stderr);
  assert.equal(
    (await run('snapshot restore --bump-revision=5 --data-dir', join(directory, 'x'), file)).exitCode,
    2,
  );
  assert.equal((await run('snapshot restore --name=m9 --data-dir', join(directory, 'x'), file)).exitCode, 2);
  assert.ok(!(await readdir(directory)).includes('x'), 'nothing was made');

  const json = await run('snapshot restore -w json --data-dir', join(directory, 'j'), file);
  const report = JSON.parse(json.stdout) as { dataDir: string; members: { name: string }[] };
  assert.equal(report.dataDir, join(directory, 'j'));
  assert.deepEqual(
    report.members.map(({ name }) => name),
    ['default'],
  );
  const log = join(directory, 'restore.txt');
  await run(`--quiet --log-file ${log} snapshot restore --data-dir`, join(directory, 'k'), file);
  assert.match(await readFile(log, 'utf8'), /\tinfo\trestored snapshot\t/);
});

test('a damaged file: verify lists it, status 3 everywhere', async (t) => {
  await using given = await startFilled(t, '3.6');
  if (given === undefined) return;
  const { server, directory } = given;
  const file = join(directory, 'one.db');
  await runHoldfast([`--endpoints=${server.clientUrl}`, 'snapshot', 'save', file]);
  const bytes = await readFile(file);
  bytes[bytes.length - 40]! ^= 1;
  const damaged = join(directory, 'damaged.db');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(damaged, bytes);
  const verify = await runHoldfast(['snapshot', 'verify', damaged]);
  assert.equal(verify.exitCode, 3);
  assert.match(verify.stdout, /^fail {2}digest /m);
  assert.match(verify.stderr, /^Error: .*damaged\.db fails digest\nhint: /);
  const json = await runHoldfast(['snapshot', 'verify', damaged, '-w', 'json']);
  assert.equal((JSON.parse(json.stdout) as { ok: boolean }).ok, false);
  assert.equal((JSON.parse(json.stderr) as { error: { code: string } }).error.code, 'VERIFY_FAILED');
  assert.equal(
    (await runHoldfast(['snapshot', 'restore', damaged, '--data-dir', join(directory, 'r')])).exitCode,
    3,
  );
  await writeFile(damaged, bytes.subarray(0, 9000));
  assert.equal((await runHoldfast(['snapshot', 'status', damaged])).exitCode, 3);
  await writeFile(damaged, 'no database');
  assert.equal((await runHoldfast(['snapshot', 'status', damaged])).exitCode, 3);
  assert.equal((await runHoldfast(['snapshot', 'status', directory])).exitCode, 2);
});

interface Given extends AsyncDisposable {
  readonly peer: Peer;
  readonly server: EtcdServer;
  readonly directory: string;
}

async function startFilled(t: TestContext, line: PeerLine): Promise<Given | undefined> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return undefined;
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('cli-snapshot'));
  const server = stack.use(await startEtcd({ peer, dataDir: join(dir.path, 'data') }));
  await server.ready();
  for (const words of ['put k1 one', 'put k2 two', 'put k1 three', 'del k2', 'put k3 four'])
    await etcdctl(server, words.split(' '));
  const running = stack.move();
  return { peer, server, directory: dir.path, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
