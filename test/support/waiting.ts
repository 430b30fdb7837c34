import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

/** The outcome of `work`, or a rejection that names it when it takes longer than it may. */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until the answer is not undefined; rejects with what was last in the way. */
export async function eventually<T>(
  timeoutMs: number,
  what: string,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let obstacle: unknown;
    try {
      const answer = await attempt();
      if (answer !== undefined) return answer;
    } catch (error) {
      obstacle = error;
    }
    if (performance.now() > deadline) {
      const last = obstacle === undefined ? '' : `: ${inspect(obstacle)}`;
      throw new Error(`${what}: not so after ${timeoutMs} ms${last}`, { cause: obstacle });
    }
    await delay(100);
  }
}
