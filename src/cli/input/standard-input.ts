import type { CliIo } from '../command/index.ts';

/** Everything on standard input. */
export async function readAllInput(io: CliIo): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of io.stdin) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Lines of standard input as they come, without their line feeds. A last line that has none is dropped, as Go does. */
export async function* inputLines(io: CliIo): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of io.stdin) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split('\n');
    pending = lines.pop() ?? '';
    yield* lines;
  }
}
