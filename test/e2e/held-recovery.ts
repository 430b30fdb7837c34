/** Recoveries that wait at a line of their journal, so that what a test does there cannot come too late. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errnoOf } from '../../src/base/index.ts';
import { type RunningHoldfast, startHoldfast } from '../faults/holdfast-process.ts';
import { eventually } from '../support/waiting.ts';
import { recoverFlags, type RecoverSandbox } from './recover-sandbox.ts';

export interface HeldRecovery extends RunningHoldfast {
  /** Resolves when it has come to the line with this text, and waits there. */
  reached(text: string): Promise<void>;
  /** Lets it go on, up to the next such line. */
  goOn(): Promise<void>;
}

/** Starts `holdfast recover` on the snapshot, as a process that waits at each line of its journal with such a text. */
export function startHeldRecovery(
  { plane, snapshotPath, directory }: RecoverSandbox,
  texts: readonly string[],
  flags: readonly string[] = [],
): HeldRecovery {
  const goFile = join(directory, `go-on-${randomUUID()}`);
  const preload = pathToFileURL(join(import.meta.dirname, 'hold-at-journal.ts'));
  preload.searchParams.set('go', goFile);
  for (const text of texts) preload.searchParams.append('text', text);
  const words = ['recover', snapshotPath, ...recoverFlags(plane), '--yes', ...flags];
  const running = startHoldfast(words, { timeoutMs: 240_000, preload: [preload.href] });
  const journalPath = join(plane.root, 'var/lib/holdfast/recover/journal.jsonl');
  const hasEnded = running.ended.then(({ stderr }): never => {
    throw new Error(`the recovery ended before: ${stderr}`);
  });
  hasEnded.catch(() => undefined);
  return {
    ...running,
    async reached(text) {
      const found = eventually(120_000, `the journal has ${text}`, async () =>
        (await textOf(journalPath)).includes(text) ? true : undefined,
      );
      await Promise.race([found, hasEnded]);
    },
    goOn: () => writeFile(goFile, ''),
  };
}

/** Empty as long as there is no such file. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}
