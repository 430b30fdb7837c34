import type { Finding, OperationContext } from '../../base/index.ts';
import {
  contractPrefix,
  removeEmptyDirectories,
  runContract,
  type Storage,
  type StorageCapabilities,
} from '../../storage/index.ts';

/** One promise of the interface to stores, and whether this one keeps it. */
export interface StorageCheck {
  /** Kebab-case, stable. */
  readonly code: string;
  /** `absent`: the store does not promise it, and a repository does without. */
  readonly status: 'ok' | 'failed' | 'absent';
  readonly message: string;
}

export interface ValidatedStorage {
  readonly location: string;
  readonly capabilities: StorageCapabilities;
  readonly ok: boolean;
  readonly checks: readonly StorageCheck[];
  /** Names of objects that object lock keeps for a minute: they are left behind. */
  readonly left: readonly string[];
}

export interface ValidateStorageOptions {
  readonly storage: Storage;
  /** Where it lies when it is a directory: empty directories are removed at the end, which it does not do itself. */
  readonly directory?: string;
  /** Told of each check as soon as it was made. */
  readonly onCheck?: (check: StorageCheck) => void;
}

const statuses = { ok: 'ok', warn: 'absent', fail: 'failed' } as const;

/**
 * Tries out everything that a repository relies on: 40 MiB are put and deleted again, below a prefix that no repository
 * uses. What is there already is not touched.
 * Errors: INTERRUPTED, STORAGE_UNREACHABLE, STORAGE_DENIED.
 */
export async function validateStorage(
  { storage, directory, onCheck }: ValidateStorageOptions,
  { signal, log }: OperationContext,
): Promise<ValidatedStorage> {
  const checks: StorageCheck[] = [];
  const onFinding = ({ severity, code, message }: Finding) => {
    const check = { code, status: statuses[severity], message };
    checks.push(check);
    log.debug('tried a store out', { ...check });
    onCheck?.(check);
  };
  try {
    const { left } = await runContract({ storage, signal, onFinding });
    const ok = checks.every(({ status }) => status !== 'failed');
    const { location, capabilities } = storage;
    return { location, capabilities, ok, checks, left };
  } finally {
    if (directory !== undefined) await removeEmptyDirectories(directory, contractPrefix);
  }
}
