import { HoldfastError, isHoldfastError } from '../../../base/index.ts';
import type { RestoreItem } from './restore-item.ts';
import { type RestoredObject, type RestoreOutcome, restoreOutcomes } from './restore-types.ts';

type Finished = Pick<RestoredObject, 'outcome' | 'reason' | 'notes' | 'fields'>;

/** What has become of each object. Nothing is left out: an object without an outcome was not written. */
export class RestoreReport {
  readonly #onObject: ((object: RestoredObject) => void) | undefined;
  readonly #finished = new Map<RestoreItem, RestoredObject>();
  readonly #settled: RestoredObject[] = [];
  #items: readonly RestoreItem[] = [];
  #isRefused = false;
  #stopped: HoldfastError | undefined;

  constructor(onObject: ((object: RestoredObject) => void) | undefined) {
    this.#onObject = onObject;
  }

  /** These objects will be told of, in this order. */
  expect(items: readonly RestoreItem[]): void {
    this.#items = items;
  }

  /** An object that nobody asked the server about. */
  settle(object: RestoredObject): void {
    this.#settled.push(object);
    this.#onObject?.(object);
  }

  finish(item: RestoreItem, { outcome, reason, notes, fields }: Finished): void {
    const { resource, namespace, name, fromNamespace } = item;
    const object: RestoredObject = {
      resource,
      namespace,
      name,
      ...(fromNamespace !== undefined && fromNamespace !== namespace && { fromNamespace }),
      outcome,
      ...(reason !== undefined && { reason }),
      notes,
      fields,
    };
    this.#finished.set(item, object);
    this.#onObject?.(object);
  }

  isWritten(item: RestoreItem): boolean {
    const outcome = this.#finished.get(item)?.outcome;
    return outcome === 'created' || outcome === 'changed';
  }

  get hasFailed(): boolean {
    return [...this.#settled, ...this.#finished.values()].some(({ outcome }) => outcome === 'failed');
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Something has failed before the writing: what is left stays unwritten. */
  refuse(): void {
    this.#isRefused = true;
  }

  get stopped(): HoldfastError | undefined {
    return this.#stopped;
  }

  /** Does the writing. An error that ends it is kept: what was written until then has to be told. */
  async until(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      this.#stopped = error;
    }
  }

  /** Gives everything that has no outcome yet its own. */
  close(): void {
    const reason = this.#isRefused
      ? 'nothing is written while another object fails'
      : 'the run was stopped before';
    for (const item of this.#items) {
      if (!this.#finished.has(item))
        this.finish(item, { outcome: 'unwritten', reason, notes: [], fields: [] });
    }
  }

  /** In the order of application; what was settled without the server comes last. */
  get objects(): readonly RestoredObject[] {
    const asked = this.#items
      .map((item) => this.#finished.get(item))
      .filter((object) => object !== undefined);
    return [...asked, ...this.#settled];
  }

  counts(): Record<RestoreOutcome, number> {
    const counts = Object.fromEntries(restoreOutcomes.map((outcome) => [outcome, 0]));
    for (const { outcome } of this.objects) counts[outcome]!++;
    return counts as Record<RestoreOutcome, number>;
  }
}
