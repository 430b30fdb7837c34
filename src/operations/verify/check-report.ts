import { type Finding, isHoldfastError } from '../../base/index.ts';

/** The checks of a report, in the order in which they are shown. */
export const checkNames = [
  'digest',
  'structure',
  'schema',
  'revisions',
  'records',
  'compaction',
  'leases',
  'auth',
  'alarms',
  'members',
  'versions',
] as const;

export type CheckName = (typeof checkNames)[number];

/** One row of the report. */
export type VerifyCheck = CheckRow<CheckName>;

/** One row of a report of named checks. */
export interface CheckRow<Name extends string> {
  readonly name: Name;
  /** The worst of its findings. */
  readonly status: Finding['severity'];
  /** One line: the facts when all is well, else the worst finding. */
  readonly summary: string;
  /** The first ones of each severity; `ok` findings are notes. Never holds a value of the store. */
  readonly findings: readonly Finding[];
  /** How many further findings were counted but not kept. */
  readonly omittedFindings: number;
}

const keptOfEachSeverity = 20;

/** Collects the findings of one check. A file damaged everywhere costs no more memory than one damaged twice. */
export class FindingLog {
  readonly #kept: Finding[] = [];
  readonly #counts = { ok: 0, warn: 0, fail: 0 };

  add(finding: Finding): void {
    if (this.#counts[finding.severity]++ < keptOfEachSeverity) this.#kept.push(finding);
  }

  fail(code: string, message: string, where?: Finding['where']): void {
    this.add({ severity: 'fail', code, message, ...(where && { where }) });
  }

  warn(code: string, message: string, where?: Finding['where']): void {
    this.add({ severity: 'warn', code, message, ...(where && { where }) });
  }

  /** Something worth knowing that is right as it is. */
  note(code: string, message: string, where?: Finding['where']): void {
    this.add({ severity: 'ok', code, message, ...(where && { where }) });
  }

  get status(): Finding['severity'] {
    if (this.#counts.fail > 0) return 'fail';
    return this.#counts.warn > 0 ? 'warn' : 'ok';
  }

  /**
   * Runs a part of a check. Damage that stops it becomes a finding; anything else (an I/O error, an interrupt) throws.
   */
  guard(part: () => void): void {
    try {
      part();
    } catch (error) {
      this.addDamage(error);
    }
  }

  /** Turns an error about the data into a finding; throws every other one. */
  addDamage(error: unknown): void {
    if (!isHoldfastError(error)) throw error;
    if (error.code !== 'DATABASE_CORRUPT' && error.code !== 'RECORD_INVALID') throw error;
    const code = error.code === 'RECORD_INVALID' ? 'record-invalid' : 'unreadable';
    const where = Object.fromEntries(
      Object.entries(error.details).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [],
      ),
    );
    this.fail(code, error.message, where);
  }

  /** The row of the report; `facts` is its summary unless something is wrong. */
  check<Name extends string>(name: Name, facts: string): CheckRow<Name> {
    const { status } = this;
    const total = this.#counts.ok + this.#counts.warn + this.#counts.fail;
    const worst = this.#kept.find(({ severity }) => severity === status);
    const more = this.#counts[status] - 1;
    const others = more > 0 ? ` (and ${more} more)` : '';
    return {
      name,
      status,
      summary: status === 'ok' || worst === undefined ? facts : `${worst.message}${others}`,
      findings: this.#kept,
      omittedFindings: total - this.#kept.length,
    };
  }
}

/** A number with its noun. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
