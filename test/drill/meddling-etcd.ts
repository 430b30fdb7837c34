/**
 * An etcd that is not to be trusted: it takes the real one's flags and runs the real one, and before one of its starts
 * something happens to the data that no file shows. Arguments: what, the real etcd, a file for its memory, the flags.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { utf8 } from '../../src/base/index.ts';
import { type EtcdClient, openEtcdClient } from '../../src/etcd/index.ts';
import { freePort } from '../support/free-ports.ts';
import { eventually } from '../support/waiting.ts';
import { leaseId } from './backup-rows.ts';

/** At which start, and what. */
const meddling: Readonly<
  Record<string, readonly [start: number, work: (client: EtcdClient) => Promise<unknown>]>
> = {
  'drops a key after the restart': [2, (client) => client.kv.deleteRange({ key: utf8('config/a') })],
  'changes a value': [1, (client) => client.kv.put({ key: utf8('config/a'), value: utf8('other') })],
  'adds a key': [1, (client) => client.kv.put({ key: utf8('config/z'), value: utf8('more') })],
  'loses a lease': [1, (client) => client.lease.leaseRevoke({ ID: leaseId })],
  'changes a lease': [
    1,
    async (client) => {
      await client.lease.leaseRevoke({ ID: leaseId });
      await client.lease.leaseGrant({ ID: leaseId, TTL: 60n });
      for (const name of ['leased/1', 'leased/2'])
        await client.kv.put({ key: utf8(name), value: utf8('on a lease'), lease: leaseId });
    },
  ],
};

const [what = '', program = '', memory = '', ...flags] = process.argv.slice(2);
const flag = (name: string) => flags[flags.indexOf(name) + 1]!;
const dataDir = flag('--data-dir');
const start = Number(await readFile(memory, 'utf8').catch(() => '0')) + 1;
await writeFile(memory, String(start));
// Whoever stops it stops the whole group.
process.on('SIGTERM', () => {});

if (what === 'does not start') {
  process.stderr.write('{"level":"fatal","msg":"discovery failed","error":"it does not want to"}\n');
  process.exit(1);
}
if (what === 'begins a new cluster') await rm(dataDir, { recursive: true });
if (what === 'forgets what was written') {
  const kept = `${dataDir}.kept`;
  if (start === 1) await cp(dataDir, kept, { recursive: true });
  else {
    await rm(dataDir, { recursive: true });
    await mkdir(dataDir, { mode: 0o700 });
    await cp(kept, dataDir, { recursive: true });
  }
}
const planned = meddling[what];
if (planned?.[0] === start) await meddle(planned[1]);
process.exitCode = await run(flags);

function run(args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  return once(child, 'exit').then(([code]) => (code as number | null) ?? 1);
}

/** On a port that nobody else knows. */
async function meddle(work: (client: EtcdClient) => Promise<unknown>): Promise<void> {
  const url = `https://127.0.0.1:${await freePort()}`;
  const urls = ['--listen-client-urls', url, '--advertise-client-urls', url];
  const child = spawn(program, [...flags, ...urls], { stdio: 'inherit' });
  const directory = dirname(flags.find((text) => text.startsWith('--cert-file='))!.slice(12));
  const [caPem, certPem, keyPem] = await Promise.all(
    ['etcd-ca.crt', 'client.crt', 'client.key'].map((name) => readFile(join(directory, name))),
  );
  const options = { endpoints: [url], tls: { caPem: caPem!, certPem: certPem!, keyPem: keyPem! } };
  await using client = openEtcdClient(options);
  await eventually(60_000, 'etcd answers', () => client.kv.range({ key: utf8('x') }));
  await work(client);
  child.kill('SIGTERM');
  await once(child, 'exit');
}
