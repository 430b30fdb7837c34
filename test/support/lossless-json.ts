export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Parses JSON. An integer that a double cannot hold exactly becomes a bigint: member ids, hashes, revisions. */
export function parseJson(text: string): Json {
  const keepDigits: Reviver = (_key, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '')
      ? BigInt(context.source!)
      : value;
  // The third argument of a reviver is newer than TypeScript's library types.
  return JSON.parse(text, keepDigits as (this: unknown, key: string, value: unknown) => unknown) as Json;
}

/** A 64-bit integer, whichever way JSON has it: a number, a decimal string, or left out when it is 0. */
export function int64(value: Json | undefined): bigint {
  if (value === undefined) return 0n;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return BigInt(value);
  throw new Error(`not an integer: ${JSON.stringify(value)}`);
}
