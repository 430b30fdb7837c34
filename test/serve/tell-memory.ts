/**
 * Loaded into the program ahead of it: at each SIGUSR2 it collects its garbage, to the last of it, and writes down what
 * it still holds. Imported as `tell-memory.ts?file=…`; the file appears whole.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const file = new URL(import.meta.url).searchParams.get('file')!;

process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`${file}.part`, String(heapUsed + external));
  renameSync(`${file}.part`, file);
});
