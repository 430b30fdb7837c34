import type { TestContext } from 'node:test';

/** A seed for a random test, told to the reader; `HOLDFAST_TEST_SEED` repeats an earlier one. */
export function testSeed(t: TestContext): number {
  const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`to repeat this run: HOLDFAST_TEST_SEED=${seed}`);
  return seed;
}
