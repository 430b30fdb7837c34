import { randomBytes } from 'node:crypto';
import {
  type Finding,
  HoldfastError,
  hasCode,
  isHoldfastError,
  throwIfInterrupted,
} from '../../base/index.ts';
import type { Storage } from '../storage.ts';
import { type ContractCheck, listNames } from './contract-check.ts';
import { putChecks } from './put-checks.ts';
import { readChecks } from './read-checks.ts';

/** Every promise of the interface. */
export const contractChecks: readonly ContractCheck[] = [...putChecks, ...readChecks];

export interface ContractOptions {
  readonly storage: Storage;
  readonly signal?: AbortSignal;
  /** Told of each finding as soon as it is there. */
  readonly onFinding?: (finding: Finding) => void;
}

/**
 * Tries out whether a store keeps what the interface promises: 40 MiB are put below `contract/` and deleted again.
 * Broken promises are findings of severity `fail`; what the store says it cannot do is a `warn`.
 *
 * Errors: INTERRUPTED; whatever keeps the store from being reached at all.
 */
export async function runContract(options: ContractOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const check of contractChecks) {
    if (options.signal !== undefined) throwIfInterrupted(options.signal);
    const finding = await findingOf(check, options.storage);
    findings.push(finding);
    options.onFinding?.(finding);
  }
  return findings;
}

async function findingOf(check: ContractCheck, storage: Storage): Promise<Finding> {
  const { code, promise, needs } = check;
  if (needs !== undefined && !storage.capabilities[needs])
    return { severity: 'warn', code, message: `not promised here: ${promise}` };
  try {
    await runContractCheck(check, storage);
    return { severity: 'ok', code, message: promise };
  } catch (error) {
    if (hasCode(error, 'STORAGE_UNREACHABLE') || hasCode(error, 'STORAGE_DENIED')) throw error;
    if (!isHoldfastError(error)) throw error;
    return { severity: 'fail', code, message: error.message };
  }
}

/** Runs one check under a prefix of its own, and removes what it left. Errors: STORAGE_UNSUITABLE, any of the store's. */
export async function runContractCheck(check: ContractCheck, storage: Storage): Promise<void> {
  const prefix = `contract/${randomBytes(8).toString('hex')}/${check.code}/`;
  try {
    await check.run({ storage, prefix, bytes: (sizeBytes) => Uint8Array.from(randomBytes(sizeBytes)) });
  } finally {
    await removeAll(storage, prefix);
  }
}

async function removeAll(storage: Storage, prefix: string): Promise<void> {
  for (const name of await listNames(storage, prefix)) {
    try {
      await storage.delete(prefix + name);
    } catch (error) {
      // Kept on purpose, by the check of just this.
      if (!(error instanceof HoldfastError && error.code === 'STORAGE_OBJECT_LOCKED')) throw error;
    }
  }
}
