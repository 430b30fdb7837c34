import type { Finding } from '../../base/index.ts';
import type { Evidence } from './discovery.ts';

/** What is gathered on the way: how each fact is known, what is wrong, and where nothing was found. */
export class FactRecord {
  readonly #evidence = new Map<string, Evidence>();
  readonly #findings: Finding[] = [];
  readonly #lookedFor: string[] = [];

  /** Says how a fact is known; the first word on a fact stands. */
  note(fact: string, evidence: Evidence): void {
    if (!this.#evidence.has(fact)) this.#evidence.set(fact, evidence);
  }

  find(severity: Finding['severity'], code: string, message: string, where?: Finding['where']): void {
    this.#findings.push({ severity, code, message, ...(where === undefined ? {} : { where }) });
  }

  /** A place where etcd is not, in words for the message of ETCD_NOT_FOUND. */
  notThere(place: string): void {
    this.#lookedFor.push(place);
  }

  get evidence(): Readonly<Record<string, Evidence>> {
    return Object.fromEntries(this.#evidence);
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  get lookedFor(): readonly string[] {
    return this.#lookedFor;
  }
}
