import { type JsonObject, listField, numberField, objectField, textField } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import {
  bigField,
  booleanField,
  decodeFields,
  encodeFields,
  type Extensible,
  formatId,
  objectList,
  optionalText,
  parseId,
  present,
  unknownFields,
} from './record-fields.ts';
import { isStamp } from './stamp.ts';

export const recordDirectory = 'backups/';

/** The name of the record of a backup. */
export function recordName(id: string): string {
  return `${recordDirectory}${id}`;
}

/** Where the database of a backup came from. */
export interface BackupSource {
  readonly kind: 'live' | 'file';
  /** Of a live etcd. */
  readonly endpoint?: string;
  /** The whole file, with its digest where it has one. */
  readonly sizeBytes: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** Whether the file had the SHA-256 of a snapshot at its end. */
  readonly hasDigest: boolean;
  /** Whether the same file can be fetched, byte for byte. */
  readonly exact: boolean;
}

/** Whose database it is. */
export interface BackupCluster {
  /** What tells this cluster from another, after a restore as well. */
  readonly identity: string;
  /** Hex, as etcd prints it; unknown for a file. */
  readonly clusterId?: string;
  /** The member that the snapshot was taken from; unknown for a file. */
  readonly memberId?: string;
  readonly memberName?: string;
  /** Ids of all members, present and removed, hex. */
  readonly members: readonly string[];
}

export interface BackupHashes {
  /** As `etcdutl snapshot status` prints it. */
  readonly snapshot: number;
  /** As HashKV says at `revision` and `compactedRevision`; none when the key space could not be hashed. */
  readonly kv?: number;
  /** SHA-256 over each bucket's name and rows, sizes included: hex. */
  readonly rows: string;
}

export interface BackupTotals {
  /** Keys that are there at the newest revision. */
  readonly keys: number;
  /** Rows of all buckets. */
  readonly rows: number;
  /** Keys and values of all rows. */
  readonly bytes: number;
}

export interface ResourceTotal {
  /** `pods`, `deployments.apps`, as kubectl names them; or the beginning of the keys. */
  readonly resource: string;
  readonly objects: number;
  readonly bytes: number;
}

export interface BackupStored {
  readonly newChunks: number;
  /** Rows' bytes in new chunks. */
  readonly newBytes: number;
  readonly reusedChunks: number;
  readonly reusedBytes: number;
  /** What was put: packs and index segments. */
  readonly uploadedBytes: number;
}

export interface BackupBundle {
  /** Id of the list, 32 bytes. */
  readonly list: Uint8Array;
  readonly files: number;
  readonly bytes: number;
  /** SHA-256 of the list, hex. */
  readonly sha256: string;
}

/** The one object that makes a backup a backup. */
export interface BackupRecord extends Extensible {
  /** A stamp. */
  readonly id: string;
  /** ISO 8601, by the writer's clock. */
  readonly createdAt: string;
  /** When it was copied out of another repository, ISO 8601; none for a backup that was made in this one. */
  readonly copiedAt?: string;
  /** Version of the program that wrote it. */
  readonly program: string;
  readonly host: string;
  readonly source: BackupSource;
  readonly cluster: BackupCluster;
  readonly revision: bigint;
  /** −1 when never compacted, as HashKV says it. */
  readonly compactedRevision: bigint;
  readonly term: bigint;
  readonly consistentIndex: bigint;
  readonly etcdVersion?: string;
  readonly storageVersion?: string;
  readonly kubernetesVersion?: string;
  readonly hashes: BackupHashes;
  readonly totals: BackupTotals;
  readonly resources: readonly ResourceTotal[];
  /** Ids of the parts of the recipe, in order. */
  readonly recipe: readonly Uint8Array[];
  readonly layout?: Uint8Array;
  readonly bundle?: BackupBundle;
  readonly stored: BackupStored;
  /** The backup whose row tables were used. */
  readonly parent?: string;
  /** Ids of backups that were there and are not in the parent's chain of `seen`. */
  readonly seen: readonly string[];
}

const known = [
  ...['id', 'createdAt', 'copiedAt', 'program', 'host', 'source', 'cluster', 'revision', 'compactedRevision'],
  ...['term', 'consistentIndex', 'etcdVersion', 'storageVersion', 'kubernetesVersion', 'hashes', 'totals'],
  ...['resources', 'recipe', 'layout', 'bundle', 'stored', 'parent', 'seen'],
];

/** The content of a record: the same for the same record, in whatever order its parts have their fields. */
export function encodeRecord(record: BackupRecord): Uint8Array {
  const { source, cluster, hashes, totals, bundle, stored } = record;
  return encodeFields(
    present({
      id: record.id,
      createdAt: record.createdAt,
      copiedAt: record.copiedAt,
      program: record.program,
      host: record.host,
      source: encodeSource(source),
      cluster: encodeCluster(cluster),
      revision: String(record.revision),
      compactedRevision: String(record.compactedRevision),
      term: String(record.term),
      consistentIndex: String(record.consistentIndex),
      etcdVersion: record.etcdVersion,
      storageVersion: record.storageVersion,
      kubernetesVersion: record.kubernetesVersion,
      hashes: present({ snapshot: hashes.snapshot, kv: hashes.kv, rows: hashes.rows }),
      totals: { keys: totals.keys, rows: totals.rows, bytes: totals.bytes },
      resources: record.resources.map(({ resource, objects, bytes }) => ({ resource, objects, bytes })),
      recipe: record.recipe.map(formatId),
      layout: record.layout && formatId(record.layout),
      bundle: bundle && encodeBundle(bundle),
      stored: {
        newChunks: stored.newChunks,
        newBytes: stored.newBytes,
        reusedChunks: stored.reusedChunks,
        reusedBytes: stored.reusedBytes,
        uploadedBytes: stored.uploadedBytes,
      },
      parent: record.parent,
      seen: [...record.seen],
    }),
    record.unknown,
  );
}

function encodeSource({ kind, endpoint, sizeBytes, sha256, hasDigest, exact }: BackupSource): JsonObject {
  return present({ kind, endpoint, sizeBytes, sha256, hasDigest, exact });
}

function encodeCluster(cluster: BackupCluster): JsonObject {
  const { identity, clusterId, memberId, memberName, members } = cluster;
  return present({ identity, clusterId, memberId, memberName, members: [...members] });
}

function encodeBundle({ list, files, bytes, sha256 }: BackupBundle): JsonObject {
  return { list: formatId(list), files, bytes, sha256 };
}

/** Decodes the content of the record of this backup. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeRecord(content: Uint8Array, id: string): BackupRecord {
  const what = recordName(id);
  const object = decodeFields(content, what);
  if (textField(object, 'id', what) !== id) throw damaged(what, 'is the record of another backup');
  const optional = present({
    copiedAt: optionalText(object, 'copiedAt', what),
    etcdVersion: optionalText(object, 'etcdVersion', what),
    storageVersion: optionalText(object, 'storageVersion', what),
    kubernetesVersion: optionalText(object, 'kubernetesVersion', what),
    parent: optionalText(object, 'parent', what),
  }) as Pick<BackupRecord, 'copiedAt' | 'etcdVersion' | 'storageVersion' | 'kubernetesVersion' | 'parent'>;
  const recipe = listField(object, 'recipe', what).map((part) => parseId(part, 'recipe', what));
  const seen = listField(object, 'seen', what);
  if (!seen.every(isStamp)) throw damaged(what, 'has a seen that names no backup');
  const unknown = unknownFields(object, known);
  return {
    id,
    createdAt: textField(object, 'createdAt', what),
    program: textField(object, 'program', what),
    host: textField(object, 'host', what),
    source: decodeSource(objectField(object, 'source', what), what),
    cluster: decodeCluster(objectField(object, 'cluster', what), what),
    revision: bigField(object, 'revision', what),
    compactedRevision: bigField(object, 'compactedRevision', what),
    term: bigField(object, 'term', what),
    consistentIndex: bigField(object, 'consistentIndex', what),
    ...optional,
    hashes: decodeHashes(objectField(object, 'hashes', what), what),
    totals: decodeNumbers(objectField(object, 'totals', what), ['keys', 'rows', 'bytes'], what),
    resources: objectList(object, 'resources', what).map((total) => ({
      resource: textField(total, 'resource', what),
      ...decodeNumbers(total, ['objects', 'bytes'], what),
    })),
    recipe,
    ...(object['layout'] !== undefined && { layout: parseId(object['layout'], 'layout', what) }),
    ...(object['bundle'] !== undefined && {
      bundle: decodeBundle(objectField(object, 'bundle', what), what),
    }),
    stored: decodeNumbers(
      objectField(object, 'stored', what),
      ['newChunks', 'newBytes', 'reusedChunks', 'reusedBytes', 'uploadedBytes'],
      what,
    ),
    seen,
    ...(unknown !== undefined && { unknown }),
  };
}

function decodeNumbers<N extends string>(
  object: JsonObject,
  names: readonly N[],
  what: string,
): Readonly<Record<N, number>> {
  return Object.fromEntries(names.map((name) => [name, numberField(object, name, what)])) as Record<
    N,
    number
  >;
}

function decodeSource(object: JsonObject, what: string): BackupSource {
  const kind = textField(object, 'kind', what);
  if (kind !== 'live' && kind !== 'file') throw damaged(what, `comes from a ${JSON.stringify(kind)}`);
  const endpoint = optionalText(object, 'endpoint', what);
  return {
    kind,
    ...(endpoint !== undefined && { endpoint }),
    sizeBytes: numberField(object, 'sizeBytes', what),
    sha256: textField(object, 'sha256', what),
    hasDigest: booleanField(object, 'hasDigest', what),
    exact: booleanField(object, 'exact', what),
  };
}

function decodeCluster(object: JsonObject, what: string): BackupCluster {
  const optional = present({
    clusterId: optionalText(object, 'clusterId', what),
    memberId: optionalText(object, 'memberId', what),
    memberName: optionalText(object, 'memberName', what),
  }) as Pick<BackupCluster, 'clusterId' | 'memberId' | 'memberName'>;
  return {
    identity: textField(object, 'identity', what),
    ...optional,
    members: listField(object, 'members', what),
  };
}

function decodeHashes(object: JsonObject, what: string): BackupHashes {
  return {
    snapshot: numberField(object, 'snapshot', what),
    ...(object['kv'] !== undefined && { kv: numberField(object, 'kv', what) }),
    rows: textField(object, 'rows', what),
  };
}

function decodeBundle(object: JsonObject, what: string): BackupBundle {
  return {
    list: parseId(object['list'], 'list', what),
    ...decodeNumbers(object, ['files', 'bytes'], what),
    sha256: textField(object, 'sha256', what),
  };
}
