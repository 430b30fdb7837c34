/** What a busy process has not read yet when the time is over still counts. */
const secondLookMs = 1000;

/** Lines until their end, or until none has come for so long: whoever sends them is gone without a word. */
export async function* untilSilent(
  lines: AsyncIterable<string>,
  limitMs: number,
): AsyncGenerator<string, void> {
  const iterator = lines[Symbol.asyncIterator]();
  for (;;) {
    using silence = startSilence(limitMs);
    const next = await Promise.race([iterator.next(), silence.tooLong]);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}

function startSilence(limitMs: number): Disposable & { readonly tooLong: Promise<undefined> } {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      timer = setTimeout(() => resolve(undefined), secondLookMs);
    }, limitMs);
  });
  return { tooLong, [Symbol.dispose]: () => clearTimeout(timer) };
}
