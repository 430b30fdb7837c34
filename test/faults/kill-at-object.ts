/**
 * Loaded into the program ahead of it: sends it SIGKILL at the moment when an object of a repository on a file system
 * appears or goes, right before or right after. Imported as
 * `kill-at-object.ts?directory=…&change=put|delete&prefix=packs/&when=before|after`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const { searchParams } = new URL(import.meta.url);
const start = join(searchParams.get('directory')!, searchParams.get('prefix')!);
const isBefore = searchParams.get('when') === 'before';

type Change = (...paths: string[]) => Promise<void>;
const promises = fs.promises as unknown as Record<string, Change>;

/** @param place which argument names the object */
function watch(call: string, place: number): void {
  const original = promises[call]!;
  promises[call] = async (...args) => {
    const isHere = args[place]!.startsWith(start);
    if (isHere && isBefore) process.kill(process.pid, 'SIGKILL');
    await original.apply(fs.promises, args);
    if (isHere) process.kill(process.pid, 'SIGKILL');
  };
}

if (searchParams.get('change') === 'delete') watch('unlink', 0);
else {
  watch('link', 1);
  watch('rename', 1);
}
// For as long as the process lives.
syncBuiltinESMExports();
