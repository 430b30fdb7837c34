import { randomBytes } from 'node:crypto';
import { type Finding, hasCode, isHoldfastError, throwIfInterrupted } from '../../base/index.ts';
import type { Storage } from '../storage.ts';
import { type ContractCheck, listNames } from './contract-check.ts';
import { interruptible } from './interruptible.ts';
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

/** What came of trying a store out. */
export interface ContractResult {
  /** One for each promise, in their order. */
  readonly findings: readonly Finding[];
  /** Names of objects that could not be deleted: a lock keeps them for a minute. */
  readonly left: readonly string[];
}

/** Everything that is tried out lies below it. */
export const contractPrefix = 'contract/';

/**
 * Tries out whether a store keeps what the interface promises: 40 MiB are put below `contractPrefix` and deleted again.
 * Broken promises are findings of severity `fail`; what the store says it cannot do is a `warn`.
 *
 * Errors: INTERRUPTED; whatever keeps the store from being reached at all.
 */
export async function runContract(options: ContractOptions): Promise<ContractResult> {
  const findings: Finding[] = [];
  const left: string[] = [];
  for (const check of contractChecks) {
    if (options.signal !== undefined) throwIfInterrupted(options.signal);
    const finding = await findingOf(check, options, left);
    findings.push(finding);
    options.onFinding?.(finding);
  }
  return { findings, left };
}

async function findingOf(
  check: ContractCheck,
  { storage, signal }: ContractOptions,
  left: string[],
): Promise<Finding> {
  const { code, promise, needs } = check;
  if (needs !== undefined && !storage.capabilities[needs])
    return { severity: 'warn', code, message: `not promised here: ${promise}` };
  try {
    left.push(...(await runContractCheck(check, storage, signal)));
    return { severity: 'ok', code, message: promise };
  } catch (error) {
    if (!isHoldfastError(error) || endsAll.some((ending) => ending === error.code)) throw error;
    return { severity: 'fail', code, message: error.message };
  }
}

const endsAll = ['STORAGE_UNREACHABLE', 'STORAGE_DENIED', 'INTERRUPTED'] as const;

/**
 * Runs one check under a prefix of its own, and removes what it left.
 * @returns names of what a lock keeps
 * Errors: STORAGE_UNSUITABLE, any of the store's.
 */
export async function runContractCheck(
  check: ContractCheck,
  storage: Storage,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const prefix = `${contractPrefix}${randomBytes(8).toString('hex')}/${check.code}/`;
  const place = signal === undefined ? storage : interruptible(storage, signal);
  try {
    await check.run({
      storage: place,
      prefix,
      bytes: (sizeBytes) => Uint8Array.from(randomBytes(sizeBytes)),
    });
  } catch (error) {
    // What is wrong with the store may also keep it from deleting; the first failure is the one to tell.
    await removeAll(storage, prefix).catch(() => undefined);
    throw error;
  }
  return removeAll(storage, prefix);
}

async function removeAll(storage: Storage, prefix: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const name of await listNames(storage, prefix)) {
    try {
      await storage.delete(prefix + name);
    } catch (error) {
      // Kept on purpose, by the check of just this.
      if (!hasCode(error, 'STORAGE_OBJECT_LOCKED')) throw error;
      left.push(prefix + name);
    }
  }
  return left;
}
