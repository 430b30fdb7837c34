import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type EtcdClientOptions, openEtcdClient } from '../../../src/etcd/index.ts';
import { eventually } from '../waiting.ts';
import { openApiConnection } from '../../../src/sandbox/index.ts';
import type {
  ControlPlane,
  ControlPlaneLayout,
  ControlPlaneOptions,
  NodeRunner,
  StartOptions,
} from './control-plane-options.ts';
import { layOutControlPlane } from './lay-out.ts';
import { startNodeRunner } from './node-runner.ts';
import { loadObjects, sampleObjects } from './sample-objects.ts';

/**
 * A kubeadm control-plane node in a directory: laid out, running, filled, with `/readyz` ok. For several nodes lay out
 * each with the same `authorities` and `nodes`, then `startControlPlane` them all: none is ready before the others.
 */
export async function makeControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { readyTimeoutMs = 120_000, nodeName = 'cp1' } = options;
  const clusterUid = randomUUID();
  const controlPlane = await startControlPlane(await layOutControlPlane(options), options, clusterUid);
  if (options.startOnly === true) return controlPlane;
  try {
    await controlPlane.etcdReady(readyTimeoutMs);
    await using etcd = controlPlane.openEtcd();
    await loadObjects(etcd, options.objects ?? sampleObjects({ clusterUid, nodeName }));
    await controlPlane.apiReady(readyTimeoutMs);
    return controlPlane;
  } catch (error) {
    await controlPlane[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts the runner of a node that is laid out, and waits for nothing more. */
export async function startControlPlane(
  layout: ControlPlaneLayout,
  options: StartOptions = {},
  clusterUid: string = randomUUID(),
): Promise<ControlPlane> {
  let runner = await startNodeRunner(layout, options);
  const etcdClientOptions = clientOptionsOf(layout);
  const openEtcd = () => openEtcdClient(etcdClientOptions);
  const openApi = () => openApiConnection(adminCredentials(layout));
  return {
    ...layout,
    get runner(): NodeRunner {
      return runner;
    },
    clusterUid,
    etcdClientOptions,
    openEtcd,
    openApi,
    etcdReady: (timeoutMs = 60_000) =>
      eventually(timeoutMs, `etcd of ${layout.nodeName} answers`, async () => {
        await using client = openEtcd();
        return await client.kv.range({ key: Uint8Array.of(0), limit: 1n });
      }).then(() => undefined),
    apiReady: (timeoutMs = 60_000) =>
      eventually(timeoutMs, `the API server of ${layout.nodeName} is ready`, async () => {
        using api = openApi();
        const { status, text } = await api.get('/readyz');
        if (status !== 200) throw new Error(`/readyz says ${status} ${text}`);
        return true;
      }).then(() => undefined),
    async restartRunner(how = 'stop') {
      await runner[how]();
      runner = await startNodeRunner(layout, options);
      return runner;
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

function clientOptionsOf({ etcdUrl, pki }: ControlPlaneLayout): EtcdClientOptions {
  return {
    endpoints: [etcdUrl],
    dialTimeoutMs: 10_000,
    commandTimeoutMs: 30_000,
    tls: {
      caPem: readFileSync(pki.etcdCaFile),
      certPem: readFileSync(pki.apiServerEtcdClient.certFile),
      keyPem: readFileSync(pki.apiServerEtcdClient.keyFile),
    },
  };
}

function adminCredentials({ apiServerUrl, pki }: ControlPlaneLayout) {
  return {
    server: apiServerUrl,
    ca: readFileSync(pki.caFile, 'utf8'),
    cert: readFileSync(pki.admin.certFile, 'utf8'),
    key: readFileSync(pki.admin.keyFile, 'utf8'),
  };
}
