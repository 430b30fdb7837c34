/**
 * A stand-in for kube-controller-manager and kube-scheduler (`--component=…`): it keeps one connection to
 * the API server and renews its leader-election lease in kube-system every second. It does nothing else; whoever
 * forgets to stop it sees the lease change.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type ApiConnection, openApiConnection } from './api-connection.ts';
import { readKubeconfig } from './kubeconfig.ts';

interface Lease {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

const { values } = parseArgs({ strict: false });
const component = String(values['component'] ?? 'kube-controller-manager');
const kubeconfig = String(values['kubeconfig']);
const identity = `${hostname()}_${randomUUID()}`;
const collection = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const leaseDurationMs = 15_000;
const log = (message: string) =>
  process.stdout.write(`${new Date().toISOString()} ${component}: ${message}\n`);

/** Returns whether this process leads now. */
async function renew(api: ApiConnection): Promise<boolean> {
  const found = await api.get(`${collection}/${component}`);
  if (found.status !== 200 && found.status !== 404) throw new Error(`${found.status} ${found.text}`);
  const old = found.status === 404 ? undefined : (found.json() as Lease);
  const { holderIdentity, renewTime } = old?.spec ?? {};
  const isFree = Date.now() - Date.parse(renewTime ?? '1970-01-01T00:00:00Z') > leaseDurationMs;
  if (holderIdentity !== identity && holderIdentity !== undefined && !isFree) return false;
  const lease = {
    metadata: { ...old?.metadata, name: component },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      renewTime: new Date().toISOString(),
    },
  };
  const written =
    old === undefined
      ? await api.request('POST', collection, lease)
      : await api.request('PUT', `${collection}/${component}`, lease);
  if (written.status >= 300) throw new Error(`${written.status} ${written.text}`);
  return true;
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
using api = openApiConnection(readKubeconfig(readFileSync(kubeconfig, 'utf8')));
let state = '';
for (;;) {
  const now = await renew(api).then(
    (leads) => (leads ? `leads as ${identity}` : 'waits for the lease'),
    (error: unknown) => `cannot renew: ${error instanceof Error ? error.message : String(error)}`,
  );
  if (now !== state) log(now);
  state = now;
  await delay(1000);
}
