import { open } from 'node:fs/promises';

const tailBytes = 64 << 10;
const maxWords = 300;

/** What a server said last that explains its end: its last fatal line, or error, or line. */
export async function lastWords(logFile: string): Promise<string> {
  const lines = (await readTail(logFile)).split('\n').filter((line) => line.trim() !== '');
  const grave = lines.findLast((line) => /"level":"(fatal|panic)"|^panic: |^F\d{4} /.test(line));
  const bad = lines.findLast((line) => /"level":"error"|^E\d{4} |^Error: |[Ee]rror|not defined/.test(line));
  return words(grave ?? bad ?? lines.at(-1) ?? 'it said nothing');
}

/** Message and error of a line in JSON, any other line as it is. */
function words(line: string): string {
  let text = line.trim();
  try {
    const { msg, error } = JSON.parse(text) as Record<string, unknown>;
    text = [msg, error].filter((part) => typeof part === 'string').join(': ');
  } catch {
    // Then it is plain text.
  }
  return text.length > maxWords ? `${text.slice(0, maxWords)}…` : text;
}

async function readTail(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const length = Math.min(size, tailBytes);
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, size - length);
  return Buffer.from(buffer.subarray(0, bytesRead)).toString();
}
