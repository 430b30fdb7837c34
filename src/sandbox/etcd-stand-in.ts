/**
 * A stand-in for etcd: it takes the real one's flags, ignores most, and serves the database of its data dir over mutual
 * TLS. Where there is no data it begins a new, empty cluster, as the real one does. Writes stay in memory and go with
 * the process, which the real one never lets happen; it has no peers.
 */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { type Logger, operationContext } from '../base/index.ts';
import { databasePath } from '../formats/data-dir/index.ts';
import { startServer } from '../operations/serve/index.ts';
import { makeNewDataDir } from './new-data-dir.ts';

const { values } = parseArgs({ strict: false });
const flag = (name: string, missing?: string): string => {
  const value = values[name] ?? missing;
  if (typeof value !== 'string') throw new Error(`--${name} is needed`);
  return value;
};
const say = (message: string, fields = {}) =>
  process.stdout.write(`${new Date().toISOString()} ${message} ${JSON.stringify(fields, bigintsAsText)}\n`);
const bigintsAsText = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
const log: Logger = { debug: () => {}, info: say, warn: say };

/** One address to listen on is all that this one takes. */
function onlyUrl(name: string): URL {
  const [url, ...more] = flag(name).split(',');
  if (more.length > 0) throw new Error(`--${name}: this stand-in listens on one address`);
  return new URL(url!);
}

/** Where the kubelet's probes ask; kubeadm gives them a port of their own, without TLS. */
function serveHealth({ hostname, port }: URL): void {
  createServer((request, response) => {
    const isHealth = /^\/(health|livez|readyz)\b/.test(request.url ?? '');
    response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isHealth ? '{"health":"true","reason":""}' : '{}');
  }).listen({ host: hostname, port: Number(port) });
}

const dataDir = flag('data-dir');
if (!existsSync(databasePath(dataDir))) {
  say('there is no data: a new cluster begins', { dataDir });
  await makeNewDataDir({
    dataDir,
    name: flag('name', 'default'),
    initialCluster: flag('initial-cluster'),
    initialAdvertisePeerUrls: flag('initial-advertise-peer-urls'),
    workDirectory: process.cwd(),
  });
}
const { hostname: host, port } = onlyUrl('listen-client-urls');
const running = await startServer(
  {
    source: dataDir,
    writable: true,
    listen: { host, port: Number(port) },
    tls: {
      certFile: flag('cert-file'),
      keyFile: flag('key-file'),
      trustedCaFile: flag('trusted-ca-file'),
    },
  },
  operationContext({ log }),
);
say('ready to serve client requests', { ...running.served });
if (values['listen-metrics-urls'] !== undefined) serveHealth(onlyUrl('listen-metrics-urls'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    say(`stopped by ${signal}`);
    void running[Symbol.asyncDispose]().finally(() => process.exit(0));
  });
}
