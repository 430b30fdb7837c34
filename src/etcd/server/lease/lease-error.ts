/** Why the lessor refuses. */
export type LeaseFault = 'not-found' | 'exists' | 'ttl-too-large';

export class LeaseError extends Error {
  override readonly name = 'LeaseError';
  readonly fault: LeaseFault;

  constructor(fault: LeaseFault) {
    super(`lease: ${fault}`);
    this.fault = fault;
  }
}
