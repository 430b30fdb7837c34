import { isHoldfastError, type OperationContext, runPhase } from '../../../base/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import { readStoreRevision } from '../../../formats/mvcc/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import { openDataDirAt, type OpenedDataDir } from '../../data-dir-files/index.ts';
import { type ClusterFacts, clusterFactsSteps, type NotedKeys } from './cluster-facts.ts';

/** What a data dir says about itself, its log included. Ids are lower-case hex. */
export interface DataDirFacts {
  readonly clusterId: string;
  readonly memberId: string;
  readonly members: readonly DataDirMember[];
  readonly revision: bigint;
  /** Of the namespace kube-system: a Kubernetes cluster keeps it for life. */
  readonly kubeSystemUid: string | undefined;
  /** Kubernetes nodes, by name. */
  readonly nodeNames: readonly string[];
}

export interface DataDirMember {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

/**
 * Undefined when there is no data dir. One that cannot be read is a problem in words: the member may be writing it at
 * this moment, or it may be the very thing to recover from.
 * @param onKeys told the keys that were read, for who needs more of them than the facts
 */
export async function readDataDirFacts(
  machine: LocalHost,
  dataDir: string,
  walDir: string | undefined,
  storagePrefix: string,
  ctx: OperationContext,
  onKeys: (noted: NotedKeys) => void = () => {},
): Promise<DataDirFacts | { readonly problem: string } | undefined> {
  const database = await machine.stat(databasePath(dataDir));
  return await withDataDir(machine, dataDir, walDir, async (opened) => {
    const steps = clusterFactsSteps(opened.store, storagePrefix);
    const phase = { phase: 'read the old data', totalBytes: database?.sizeBytes ?? 0 };
    const { facts, noted } = await runPhase(steps, ctx, phase);
    onKeys(noted);
    return describe(opened, facts);
  });
}

function describe(opened: OpenedDataDir, { kubeSystemUid, nodeNames }: ClusterFacts): DataDirFacts {
  return {
    clusterId: opened.clusterId.toString(16),
    memberId: opened.nodeId.toString(16),
    members: opened.members.map(({ id, name, peerUrls, isLearner }) => ({
      id: id.toString(16),
      name,
      peerUrls,
      isLearner,
    })),
    revision: readStoreRevision(opened.store).current,
    kubeSystemUid,
    nodeNames,
  };
}

/** Undefined when there is no data dir, or none that can be read. */
export async function readDataDirRevision(
  machine: LocalHost,
  dataDir: string,
  walDir: string | undefined,
): Promise<bigint | undefined> {
  const read = await withDataDir(machine, dataDir, walDir, ({ store }) => readStoreRevision(store).current);
  return typeof read === 'bigint' ? read : undefined;
}

/** A member that runs may write a page just when it is read. */
const attempts = 4;

/** Reads again when it fails on a database that has been written to in the meantime. Undefined when there is none. */
export async function withDataDir<T>(
  machine: LocalHost,
  dataDir: string,
  walDir: string | undefined,
  read: (opened: OpenedDataDir) => T | Promise<T>,
): Promise<T | { readonly problem: string } | undefined> {
  if ((await machine.list(`${dataDir}/member`)) === undefined) return undefined;
  const writtenMs = async () => (await machine.stat(databasePath(dataDir)))?.mtimeMs;
  for (let attempt = 1; ; attempt++) {
    const beforeMs = await writtenMs();
    try {
      using opened = openDataDirAt({
        dataDir: await machine.realPath(dataDir),
        ...(walDir === undefined ? {} : { walDir: await machine.realPath(walDir) }),
      });
      return await read(opened);
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      if (attempt < attempts && (await writtenMs()) !== beforeMs) continue;
      return { problem: error.message };
    }
  }
}
