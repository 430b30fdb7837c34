/** Waits for both, whichever fails: neither goes on when the caller has let go of what both use. */
export async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
