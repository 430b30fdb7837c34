/** Which keys hang on which lease. Keys are latin-1 text, one character a byte. */
export class LeaseAttachments {
  readonly #leaseOf = new Map<string, bigint>();
  readonly #keysOf = new Map<bigint, Set<string>>();

  /** Attaches a key to a lease instead of any other; 0 detaches it. */
  set(text: string, lease: bigint): void {
    const before = this.#leaseOf.get(text) ?? 0n;
    if (before === lease) return;
    if (before !== 0n) this.#detach(text, before);
    if (lease === 0n) return;
    this.#leaseOf.set(text, lease);
    const keys = this.#keysOf.get(lease);
    if (keys === undefined) this.#keysOf.set(lease, new Set([text]));
    else keys.add(text);
  }

  /** Forgets a lease; its keys are attached to nothing. */
  forget(lease: bigint): void {
    for (const text of this.#keysOf.get(lease) ?? []) this.#leaseOf.delete(text);
    this.#keysOf.delete(lease);
  }

  /** In ascending order. */
  keysOf(lease: bigint): Uint8Array[] {
    const texts = [...(this.#keysOf.get(lease) ?? [])].sort();
    return texts.map((text) => new Uint8Array(Buffer.from(text, 'latin1')));
  }

  #detach(text: string, lease: bigint): void {
    this.#leaseOf.delete(text);
    const keys = this.#keysOf.get(lease)!;
    keys.delete(text);
    if (keys.size === 0) this.#keysOf.delete(lease);
  }
}
