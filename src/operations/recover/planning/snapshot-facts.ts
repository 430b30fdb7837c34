/** What a recovery has to know of its snapshot. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  displayText,
  fileError,
  openFileSource,
  type OperationContext,
  runPhase,
} from '../../../base/index.ts';
import { type Database, openDatabase } from '../../../formats/bbolt/index.ts';
import { parseEncryptedValue, parseStorageKey } from '../../../formats/kubernetes-object/index.ts';
import {
  alarmTypes,
  buildKeyspaceSteps,
  decodeAlarmKey,
  decodeKeyValue,
  decodeMember,
  type Keyspace,
  readStorageVersion,
} from '../../../formats/mvcc/index.ts';
import { type VerifyCheck, verifySnapshot } from '../../verify/index.ts';
import { countUserKeys, type DataDirMember, readKubeSystemUid, readNodeNames } from '../revisions/index.ts';

export interface SnapshotFacts {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  readonly revision: bigint;
  readonly keyCount: number;
  readonly members: readonly DataDirMember[];
  /** `3.6`, or undefined before 3.6. */
  readonly storageVersion: string | undefined;
  readonly hasNoSpaceAlarm: boolean;
  readonly kubeSystemUid: string | undefined;
  /** Kubernetes nodes, by name. */
  readonly nodeNames: readonly string[];
  readonly encrypted: readonly EncryptedValues[];
}

/** Values that need one key. */
export interface EncryptedValues {
  /** `k8s:enc:aescbc:v1:key1:` */
  readonly prefix: string;
  /** Resource as encryption configurations name it: `secrets`, `deployments.apps`. */
  readonly resource: string;
  readonly count: number;
}

/** Makes every check of a file. Errors: those of `verifySnapshot`. */
export async function checkSnapshot(
  path: string,
  skipDigest: boolean,
  ctx: OperationContext,
): Promise<readonly VerifyCheck[]> {
  return (await verifySnapshot({ path, skipDigest }, ctx)).checks;
}

/**
 * Reads what a plan needs of a file that has passed its checks.
 * @param storagePrefix `--etcd-prefix` of the API server
 */
export async function readSnapshotFacts(
  path: string,
  storagePrefix: string,
  ctx: OperationContext,
): Promise<SnapshotFacts> {
  const sha256 = hashFile(path, ctx);
  using file = openFileSource(path);
  const database = openDatabase(file);
  const keyspace = await runPhase(buildKeyspaceSteps(database), ctx, {
    phase: 'read keys',
    totalBytes: file.sizeBytes,
  });
  const { currentRevision: revision } = keyspace;
  return {
    path,
    sizeBytes: file.sizeBytes,
    sha256: await sha256,
    revision,
    keyCount: countUserKeys(keyspace),
    members: readMemberRows(database),
    storageVersion: readStorageVersion(database)?.text,
    hasNoSpaceAlarm: hasNoSpaceAlarm(database),
    kubeSystemUid: readKubeSystemUid(database, keyspace, storagePrefix),
    nodeNames: readNodeNames(keyspace, storagePrefix),
    encrypted: countEncrypted(database, keyspace, storagePrefix),
  };
}

function countEncrypted(database: Database, keyspace: Keyspace, storagePrefix: string): EncryptedValues[] {
  const counts = new Map<string, EncryptedValues>();
  const rows = database.bucket('key');
  for (const { rank, row } of keyspace.liveKeys(keyspace.currentRevision)) {
    const record = rows?.get(keyspace.rowKey(row));
    const value = record === undefined ? undefined : parseEncryptedValue(decodeKeyValue(record).value);
    if (value === undefined) continue;
    const key = parseStorageKey(displayText(keyspace.key(rank)), storagePrefix);
    const resource =
      key === undefined ? '' : key.group === '' ? key.resource : `${key.resource}.${key.group}`;
    const prefix = `k8s:enc:${value.provider}:${value.version}:${value.keyName}:`;
    const id = `${resource} ${prefix}`;
    counts.set(id, { prefix, resource, count: (counts.get(id)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

function readMemberRows(database: Database): DataDirMember[] {
  return [...(database.bucket('members')?.entries() ?? [])].map(({ value }) => {
    const { id, name, peerUrls, isLearner } = decodeMember(value);
    return { id: id.toString(16), name, peerUrls, isLearner };
  });
}

function hasNoSpaceAlarm(database: Database): boolean {
  const rows = [...(database.bucket('alarm')?.entries() ?? [])];
  return rows.some(({ key }) => decodeAlarmKey(key).alarm === alarmTypes.noSpace);
}

async function hashFile(path: string, ctx: OperationContext): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal: ctx.signal }))
      hash.update(chunk as Uint8Array);
  } catch (error) {
    throw fileError(error, 'read', path);
  }
  return hash.digest('hex');
}
