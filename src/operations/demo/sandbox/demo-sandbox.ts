import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import {
  fileError,
  HoldfastError,
  isHoldfastError,
  type OperationContext,
  waitUntil,
} from '../../../base/index.ts';
import { type EtcdClient, openEtcdClient } from '../../../etcd/index.ts';
import { openApiClient } from '../../../kubernetes/index.ts';
import { restoreSnapshot } from '../../restore/index.ts';
import { layOutNode, type NodeLayout } from '../control-plane/index.ts';
import { embeddedEtcdVersion, readEtcdVersion } from './etcd-version.ts';
import { makeSandboxDirectory, removeSandboxDirectory } from './sandbox-directory.ts';
import { writeStopScript } from './stop-script.ts';
import { type DemoPrograms, type SandboxRunner, startSandboxRunner } from './sandbox-runner.ts';

export interface DemoSandboxOptions {
  readonly programs: DemoPrograms;
  /** The sample cluster: a snapshot, compressed with Brotli. */
  readonly samplePath: string;
  /** A directory that is empty or not there; a new one among the temporary files by default. */
  readonly directory?: string;
}

/** A control-plane node in a directory, with everything running. Disposing stops all of it and removes the directory. */
export interface DemoSandbox extends AsyncDisposable {
  readonly directory: string;
  /** What stands for the node's `/`, in the directory. */
  readonly layout: NodeLayout;
  readonly runner: SandboxRunner;
  readonly etcdVersion: string;
  readonly isRealEtcd: boolean;
  /** A client of the node's etcd. The caller disposes it. */
  openEtcd(): Promise<EtcdClient>;
  /** Resolves when etcd answers and the API server says that it is ready. Errors: TIMEOUT, INTERRUPTED. */
  readonly ready: () => Promise<void>;
  /** Leaves everything as it is, running: disposing does nothing any more. Errors: WRITE_FAILED, DISK_FULL. */
  keep(): Promise<KeptSandbox>;
}

/** A sandbox that runs on by itself. */
export interface KeptSandbox {
  readonly layout: NodeLayout;
  /** A script that stops everything and removes the directory. */
  readonly stopScript: string;
}

/** The node's name, and that of the directory that stands for its `/`. */
const nodeName = 'cp1';
const readyTimeoutMs = 60_000;

/**
 * Lays out a node, gives it the sample cluster's data, and starts it.
 *
 * Errors: DIR_NOT_EMPTY, FILE_NOT_FOUND, FILE_NOT_READABLE, WRITE_FAILED, DISK_FULL, COMMAND_FAILED (an etcd that does not tell
 * its version), TIMEOUT, INTERRUPTED.
 */
export async function openDemoSandbox(
  options: DemoSandboxOptions,
  ctx: OperationContext,
): Promise<DemoSandbox> {
  const { programs } = options;
  const etcdVersion =
    programs.etcd === undefined ? embeddedEtcdVersion : await readEtcdVersion(programs.etcd, ctx);
  await using opening = new AsyncDisposableStack();
  const directory = await makeSandboxDirectory(options.directory);
  opening.defer(() => removeSandboxDirectory(directory));
  const layout = await layOutNode({ root: join(directory.path, nodeName), nodeName, etcdVersion });
  await giveData(layout, options.samplePath, directory.path, ctx);
  const runner = opening.use(await startSandboxRunner(layout, programs));
  const openEtcd = () => openClient(layout, ctx);
  const ready = () => waitUntilReady({ layout, runner }, ctx);
  await ready();
  const open = opening.move();
  let isKept = false;
  return {
    directory: directory.path,
    layout,
    runner,
    etcdVersion,
    isRealEtcd: programs.etcd !== undefined,
    openEtcd,
    ready,
    async keep() {
      const kept = await writeStopScript({ directory, root: layout.root, pid: runner.pid });
      runner.letGo();
      isKept = true;
      return { ...kept, layout };
    },
    [Symbol.asyncDispose]: async () => {
      if (!isKept) await open.disposeAsync();
    },
  };
}

/** What kubeadm's `init` leaves behind, and then some: a member whose cluster has lived. */
async function giveData(
  { dataDir, nodeName: name, address, ports }: NodeLayout,
  samplePath: string,
  directory: string,
  ctx: OperationContext,
): Promise<void> {
  const snapshotPath = join(directory, 'sample.db');
  const peerUrl = `https://${address}:${ports.etcdPeer}`;
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o755 });
  await writeFile(snapshotPath, brotliDecompressSync(await readSample(samplePath)), { mode: 0o600 });
  await restoreSnapshot(
    {
      snapshotPath,
      dataDir,
      name,
      initialCluster: `${name}=${peerUrl}`,
      initialAdvertisePeerUrls: peerUrl,
      statusHash: false,
    },
    { ...ctx, log: { ...ctx.log, info() {} }, events: () => {} },
  );
  await rm(snapshotPath);
}

async function readSample(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

async function openClient({ etcdUrl, pki }: NodeLayout, { signal }: OperationContext): Promise<EtcdClient> {
  const [caPem, certPem, keyPem] = await Promise.all([
    readFile(pki.etcdCaFile),
    readFile(pki.etcdHealthcheckClient.certFile),
    readFile(pki.etcdHealthcheckClient.keyFile),
  ]);
  return openEtcdClient({ endpoints: [etcdUrl], tls: { caPem, certPem, keyPem }, signal });
}

/** The API server is ready only when it reaches etcd. */
async function waitUntilReady(
  { layout, runner }: Pick<DemoSandbox, 'layout' | 'runner'>,
  ctx: OperationContext,
): Promise<void> {
  const { pki, apiServerUrl } = layout;
  await using api = openApiClient({
    server: apiServerUrl,
    caPem: await readFile(pki.caFile),
    certPem: await readFile(pki.admin.certFile),
    keyPem: await readFile(pki.admin.keyFile),
  });
  await waitUntil(
    'the control plane of the sandbox is not ready',
    async () => {
      if (runner.ended !== undefined) throw runnerEnded(layout, runner.ended);
      try {
        const { ok, httpStatus } = await api.readyz({ signal: ctx.signal, timeoutMs: 5000 });
        return ok ? { done: undefined } : { waitingFor: `/readyz says ${httpStatus}` };
      } catch (error) {
        if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
        return { waitingFor: error.message };
      }
    },
    { timeoutMs: readyTimeoutMs, everyMs: 100 },
    ctx,
  );
}

function runnerEnded({ root }: NodeLayout, how: string): HoldfastError {
  return new HoldfastError('COMMAND_FAILED', `the sandbox's static-pod runner ended: ${how}`, {
    hint: `Run it again with --keep and see ${join(root, 'run/static-pods/runner.log')}.`,
  });
}
