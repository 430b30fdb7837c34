import { isHoldfastError, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import { FindingLog } from '../verify/index.ts';
import { type DrillCheck, type DrillCheckName, drillCheckNames } from './drill-report.ts';

/** Does a check: adds findings to the log and returns the facts for its summary. */
export type DrillWork = (log: FindingLog) => Promise<string>;

/** The checks of a running drill, as they are made. */
export class DrillRun {
  readonly #ctx: OperationContext;
  readonly #made = new Map<DrillCheckName, DrillCheck>();
  readonly #startedMs: number;

  constructor(ctx: OperationContext) {
    this.#ctx = ctx;
    this.#startedMs = ctx.clock.monotonicMs();
  }

  /** Since the drill began. */
  get elapsedMs(): number {
    return this.#ctx.clock.monotonicMs() - this.#startedMs;
  }

  get failed(): boolean {
    return [...this.#made.values()].some(({ status }) => status === 'fail');
  }

  /**
   * Makes a check; false when it failed. What the backup or what runs on it is to blame for becomes a finding; what
   * this machine is to blame for (a full disk, an interrupt) throws.
   */
  async check(name: DrillCheckName, work: DrillWork): Promise<boolean> {
    throwIfInterrupted(this.#ctx.signal);
    const startedMs = this.#ctx.clock.monotonicMs();
    const log = new FindingLog();
    let facts = '';
    try {
      facts = await work(log);
    } catch (error) {
      if (!isBlamedOnBackup(error)) throw error;
      log.fail(kebab(error.code), error.message);
    }
    const tookMs = this.#ctx.clock.monotonicMs() - startedMs;
    const check: DrillCheck = { ...log.check(name, facts), tookMs };
    this.#made.set(name, check);
    this.#ctx.events({ type: 'part-done', title: `${name}: ${check.summary}`, tookMs });
    this.#ctx.log.info('drill check', { check: name, status: check.status, summary: check.summary });
    return check.status !== 'fail';
  }

  /** Notes that a check was not made. */
  skip(name: DrillCheckName, reason: string): void {
    this.#made.set(name, {
      name,
      status: 'skipped',
      summary: reason,
      findings: [],
      omittedFindings: 0,
      tookMs: 0,
    });
  }

  /** All checks in their order; those that were never come to are skipped. */
  checks(): DrillCheck[] {
    for (const name of drillCheckNames)
      if (!this.#made.has(name)) this.skip(name, 'not made: a check before it failed');
    return drillCheckNames.map((name) => this.#made.get(name)!);
  }
}

/** Errors with these statuses are about data, or about what a server answers or does not answer. */
const blamedStatuses: readonly number[] = [3, 5];
const blamedCodes: readonly string[] = [
  'ETCD_ERROR',
  'REVISION_COMPACTED',
  'REVISION_FUTURE',
  'AUTH_REQUIRED',
  'AUTH_FAILED',
  'PERMISSION_DENIED',
  'API_SERVER_ERROR',
  'API_SERVER_DENIED',
  'API_RESPONSE_INVALID',
];

function isBlamedOnBackup(error: unknown): error is Error & { readonly code: string } {
  if (!isHoldfastError(error)) return false;
  return blamedStatuses.includes(error.exitStatus) || blamedCodes.includes(error.code);
}

function kebab(code: string): string {
  return code.toLowerCase().replaceAll('_', '-');
}
