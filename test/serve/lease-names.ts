import type { Side } from './compare-calls.ts';
import type { ReadCall } from './read-calls.ts';
import { grantedLease } from './write-calls.ts';

/** The id that each server chose for the lease that was granted last, and the one name that calls know it by. */
export class LeaseNames {
  readonly #ids: Record<Side, string> = { real: '', ours: '' };

  /** The call with each server's own id. */
  tell(call: ReadCall): ReadCall {
    if (!call.args.some((arg) => arg.includes(grantedLease))) return call;
    return { ...call, argsOf: (side) => call.args.map((arg) => arg.replace(grantedLease, this.#ids[side])) };
  }

  /** What a server said, without its own id; takes notice of a new one. */
  hide(text: string, side: Side): string {
    const granted = /lease ([0-9a-f]+) granted/.exec(text)?.[1];
    if (granted !== undefined) this.#ids[side] = granted;
    const id = this.#ids[side];
    if (id === '') return text;
    return text.replaceAll(id, grantedLease).replaceAll(BigInt(`0x${id}`).toString(), grantedLease);
  }
}
