/**
 * `npm run demo`: the whole story with a real etcd, in a sandbox directory.
 *
 * Fill a member over mutual TLS, save it, verify the file, lose the data dir, restore, boot, and prove that the cluster
 * that came back is the one in the file. Nothing outside the sandbox is touched; everything that is started is stopped.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { utf8 } from '../src/base/index.ts';
import { openEtcdClient } from '../src/etcd/index.ts';
import { peer, type Peer } from '../test/peers/index.ts';
import { choosePorts, type EtcdServer, startEtcd } from '../test/support/etcd-server.ts';
import { createPki, type Pki } from '../test/support/pki.ts';
import { environment, mustRun } from '../test/support/run-command.ts';

const keyCount = 2000;
const node = process.execPath;
const entry = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');

const out = (text = '') => process.stdout.write(`${text}\n`);
const dim = (text: string) => styleText('dim', text);
const bold = (text: string) => styleText('bold', text);
const green = (text: string) => styleText('green', text);

/** An etcd on the PATH if there is one, else 3.5 from Debian's packages. */
async function findEtcd(): Promise<Peer> {
  const directories = (process.env['PATH'] ?? '').split(':');
  const directory = directories.find(
    (own) => own !== '' && existsSync(join(own, 'etcd')) && existsSync(join(own, 'etcdctl')),
  );
  if (directory === undefined) return peer('3.5');
  const etcd = join(directory, 'etcd');
  const { stdout } = await mustRun(etcd, ['--version'], { timeoutMs: 10_000 });
  const version = /etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  return { ...(await peer('3.5')), version, etcd, etcdctl: join(directory, 'etcdctl') };
}

interface Sandbox {
  readonly directory: string;
  readonly tls: Pki;
  readonly etcd: Peer;
}

/** Runs holdfast in the sandbox, as a user would type it, and shows the command and what it prints. */
async function holdfast(
  sandbox: Sandbox,
  server: EtcdServer | undefined,
  ...args: string[]
): Promise<string> {
  const env: Record<string, string> =
    server === undefined
      ? {}
      : {
          ETCDCTL_ENDPOINTS: server.clientUrl,
          ETCDCTL_CACERT: sandbox.tls.caFile,
          ETCDCTL_CERT: sandbox.tls.client.certFile,
          ETCDCTL_KEY: sandbox.tls.client.keyFile,
        };
  const shown = args.map((arg) => (/[^\w@%+=:,./-]/.test(arg) ? `'${arg}'` : arg)).join(' ');
  out(`   ${bold(`$ holdfast ${shown}`)}`);
  const { stdout } = await mustRun(node, [entry, '--progress', 'none', ...args], {
    timeoutMs: 60_000,
    cwd: sandbox.directory,
    env: environment(env),
  });
  for (const line of stdout.trimEnd().split('\n')) out(`   ${dim(line)}`);
  return stdout;
}

let step = 0;
function heading(title: string, why: string): void {
  step++;
  out();
  out(bold(`${step}  ${title}`));
  out(`   ${why}`);
}

async function fill(sandbox: Sandbox, server: EtcdServer): Promise<void> {
  const [caPem, certPem, keyPem] = await Promise.all(
    [sandbox.tls.caFile, sandbox.tls.client.certFile, sandbox.tls.client.keyFile].map((path) =>
      readFile(path),
    ),
  );
  await using client = openEtcdClient({
    endpoints: [server.clientUrl],
    tls: { caPem: caPem!, certPem: certPem!, keyPem: keyPem! },
  });
  for (let first = 0; first < keyCount; first += 100) {
    const success = Array.from({ length: 100 }, (_, index) => {
      const number = String(first + index).padStart(4, '0');
      const key = utf8(`/registry/configmaps/shop/item-${number}`);
      return {
        request: { case: 'requestPut' as const, value: { key, value: utf8(`price of item ${number}`) } },
      };
    });
    await client.kv.txn({ success });
  }
}

/** Kills the member as a power cut would and removes what it ran on. */
async function destroy(server: EtcdServer): Promise<void> {
  await server.kill();
  out(`   ${bold(`$ kill -9 ${server.pid} && rm -r data`)}`);
  await rm(server.dataDir, { recursive: true });
}

interface Proof {
  readonly what: string;
  readonly inFile: string;
  readonly inCluster: string;
}

function showProof(proofs: readonly Proof[]): boolean {
  const width = (key: keyof Proof, least: number) =>
    Math.max(least, ...proofs.map((proof) => proof[key].length));
  const [what, file, cluster] = [width('what', 0), width('inFile', 11), width('inCluster', 10)];
  out(dim(`     ${''.padEnd(what)}  ${'in the file'.padEnd(file)}  ${'in cluster'.padEnd(cluster)}`));
  for (const proof of proofs) {
    const mark = proof.inFile === proof.inCluster ? green('✔') : styleText('red', '✘');
    out(
      `   ${mark} ${proof.what.padEnd(what)}  ${proof.inFile.padEnd(file)}  ${proof.inCluster.padEnd(cluster)}`,
    );
  }
  return proofs.every(({ inFile, inCluster }) => inFile === inCluster);
}

async function tell(sandbox: Sandbox): Promise<boolean> {
  const { directory, etcd: program, tls } = sandbox;
  const ports = await choosePorts();
  const dataDir = join(directory, 'data');
  const start = (from: string) => startEtcd({ peer: program, dataDir: from, name: 'demo', tls, ports });
  const item = '/registry/configmaps/shop/item-0042';

  heading(
    'A cluster',
    `etcd ${program.version} on this machine, under mutual TLS, with ${keyCount} keys in it.`,
  );
  await using server = await start(dataDir);
  await server.ready();
  await fill(sandbox, server);
  await holdfast(sandbox, server, 'endpoint', 'health');

  heading('Save', 'The stream is hashed as it arrives and compared with the digest at its end.');
  await holdfast(sandbox, server, 'snapshot', 'save', 'backup.db');

  heading('Check', 'Digest, structure and every record: a backup that was never checked is a hope.');
  await holdfast(sandbox, undefined, 'snapshot', 'status', 'backup.db', '-w', 'table');
  await holdfast(sandbox, undefined, 'snapshot', 'verify', 'backup.db');
  const expected = await holdfast(sandbox, undefined, 'snapshot', 'hashkv', 'backup.db', '-w', 'json');

  heading('Disaster', 'Somebody deletes the wrong prefix; then the disk goes, too.');
  await holdfast(sandbox, server, 'del', '--prefix', '/registry/configmaps/shop/item-00');
  await destroy(server);

  heading('Restore', 'Into a new data dir, which appears only when it is complete and checked.');
  const peerUrl = server.peerUrl;
  const restore = ['snapshot', 'restore', 'backup.db', '--data-dir', 'restored', '--name', 'demo'];
  await holdfast(
    sandbox,
    undefined,
    ...restore,
    '--initial-cluster',
    `demo=${peerUrl}`,
    '--initial-advertise-peer-urls',
    peerUrl,
  );

  heading(
    'Boot and compare',
    'The real etcd starts on the restored directory; it has to answer as the file does.',
  );
  await using restored = await start(join(directory, 'restored'));
  await restored.ready();
  const { hash, hashRevision } = JSON.parse(expected) as { hash: number; hashRevision: number };
  const live = await holdfast(
    sandbox,
    restored,
    'endpoint',
    'hashkv',
    '--rev',
    String(hashRevision),
    '-w',
    'json',
  );
  const count = await holdfast(
    sandbox,
    restored,
    'get',
    '/registry/',
    '--prefix',
    '--count-only',
    '-w',
    'json',
  );
  const value = await holdfast(sandbox, restored, 'get', item, '--print-value-only');
  out();
  const [{ HashKV }] = JSON.parse(live) as [{ HashKV: { hash: number } }];
  return showProof([
    { what: `HashKV at revision ${hashRevision}`, inFile: String(hash), inCluster: String(HashKV.hash) },
    {
      what: 'keys',
      inFile: String(keyCount),
      inCluster: String((JSON.parse(count) as { count: number }).count),
    },
    { what: 'the deleted item', inFile: 'price of item 0042', inCluster: value.trim() },
  ]);
}

async function main(): Promise<void> {
  const started = performance.now();
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  try {
    out(`${bold('Holdfast')}: save, check and restore a real etcd. Sandbox: ${directory}`);
    out(
      dim(
        'Connection flags come from ETCDCTL_ENDPOINTS, ETCDCTL_CACERT, ETCDCTL_CERT and ETCDCTL_KEY, as for etcdctl.',
      ),
    );
    const sandbox = { directory, tls: await createPki(join(directory, 'pki')), etcd: await findEtcd() };
    const proven = await tell(sandbox);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    out();
    out(
      proven
        ? green(`The cluster that came back is the one in the file. ${seconds} s.`)
        : 'The restored cluster differs.',
    );
    process.exitCode = proven ? 0 : 1;
  } finally {
    await rm(directory, { recursive: true });
  }
}

await main();
