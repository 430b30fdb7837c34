import {
  HoldfastError,
  isHoldfastError,
  openFileSource,
  type OperationContext,
  utf8,
} from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import {
  clusterKeys,
  decodeMember,
  decodeVersionRecord,
  readStoreRevision,
} from '../../formats/mvcc/index.ts';
import { snapshotStatus, type SnapshotStatus } from '../status/index.ts';
import { verifySnapshot } from '../verify/index.ts';

/** What a finished file is, found by reading it again. */
export interface CheckedResult {
  readonly status: SnapshotStatus;
  readonly compactRevision: bigint;
  readonly members: readonly string[];
  readonly clusterVersion: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Makes every check of a database that is known.
 * @param name what to call the file in messages: it does not have its name yet
 * Errors: VERIFY_FAILED, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID.
 */
export async function checkResult(path: string, name: string, ctx: OperationContext): Promise<CheckedResult> {
  try {
    const { checks, ok } = await verifySnapshot({ path }, ctx);
    const failed = checks.filter(({ status }) => status === 'fail');
    if (!ok) {
      const why = failed.flatMap(({ findings }) => findings.map(({ message }) => message))[0] ?? '';
      const names = failed.map((check) => check.name);
      throw new HoldfastError('VERIFY_FAILED', `${name} fails ${names.join(', ')}: ${why}`, {
        hint: 'Nothing was kept; use another backup.',
        details: { path: name, checks: names },
      });
    }
    const warnings = checks.flatMap(({ findings }) =>
      findings.filter(({ severity }) => severity === 'warn').map(({ message }) => message),
    );
    return { ...readCluster(path), status: await snapshotStatus({ path }, ctx), warnings };
  } catch (error) {
    throw renamed(error, path, name);
  }
}

function readCluster(path: string): Pick<CheckedResult, 'compactRevision' | 'members' | 'clusterVersion'> {
  using file = openFileSource(path);
  const database = openDatabase(file);
  const version = database.bucket('cluster')?.get(utf8(clusterKeys.clusterVersion));
  return {
    compactRevision: readStoreRevision(database).compact,
    members: [...(database.bucket('members')?.entries() ?? [])].map(({ value }) => decodeMember(value).name),
    clusterVersion:
      version === undefined ? undefined : decodeVersionRecord(version, 'cluster/clusterVersion').text,
  };
}

/** The same error about the file that the user named. */
function renamed(error: unknown, path: string, name: string): unknown {
  if (!isHoldfastError(error) || !error.message.includes(path)) return error;
  const details = { ...error.details, path: name };
  return new HoldfastError(error.code, error.message.replaceAll(path, name), {
    hint: error.hint,
    details,
    cause: error,
  });
}
