import { rm } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { HoldfastError, type OperationContext, prefixEnd, utf8, waitUntil } from '../../../base/index.ts';
import { openLocalHost } from '../../../hosts/index.ts';
import type { DemoSandbox } from '../sandbox/index.ts';

/** Below etcd's limit of operations in a transaction. */
const batchSize = 100;

/** Deletes a namespace as the namespace controller does, with everything in it. Returns how many objects that were. */
export async function deleteNamespace(sandbox: DemoSandbox, namespace: string): Promise<number> {
  await using client = await sandbox.openEtcd();
  const registry = utf8('/registry/');
  const { kvs } = await client.kv.range({ key: registry, rangeEnd: prefixEnd(registry), keysOnly: true });
  const doomed = kvs.map(({ key }) => key).filter((key) => isOf(namespace, Buffer.from(key).toString()));
  for (let first = 0; first < doomed.length; first += batchSize) {
    const batch = doomed.slice(first, first + batchSize);
    await client.kv.txn({
      success: batch.map((key) => ({ request: { case: 'requestDeleteRange', value: { key } } })),
    });
  }
  return doomed.length;
}

/** `/registry/RESOURCE/NAMESPACE/NAME`, the resource with its group where it is a custom one, and the namespace itself. */
function isOf(namespace: string, key: string): boolean {
  if (key === `/registry/namespaces/${namespace}`) return true;
  return key.split('/').slice(3, -1).includes(namespace);
}

/**
 * Removes the data dir and kills etcd, and resolves when another etcd runs.
 * Errors: TIMEOUT, INTERRUPTED, DEFECT (no etcd runs).
 */
export async function loseDisk(
  { layout, directory, ready }: DemoSandbox,
  ctx: OperationContext,
): Promise<{ readonly pid: number; readonly destroyed: string }> {
  const { dataDir, root } = layout;
  const findEtcd = async () => {
    const processes = await openLocalHost({ root }).processes();
    return processes.find(
      ({ argv }) => basename(argv[0] ?? '') === 'etcd' && argv.includes(`--data-dir=${dataDir}`),
    )?.pid;
  };
  const pid = await findEtcd();
  if (pid === undefined) throw new HoldfastError('DEFECT', 'no etcd runs in the sandbox');
  // etcd may be making a file in it.
  await rm(dataDir, { recursive: true, maxRetries: 5 });
  process.kill(pid, 'SIGKILL');
  await waitUntil(
    'the sandbox starts no other etcd',
    async () => {
      const next = await findEtcd();
      return next === undefined || next === pid ? { waitingFor: 'a process' } : { done: undefined };
    },
    { timeoutMs: 30_000, everyMs: 50 },
    ctx,
  );
  await ready();
  return { pid, destroyed: relative(directory, dataDir) };
}
