import { access, constants } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { commandLine } from '../faults/holdfast-process.ts';
import { type RunResult, runCommand } from '../support/run-command.ts';

const script = '/usr/bin/script';

/**
 * Runs `holdfast` on a terminal of its own and types something. Both outputs come as one. Undefined where the program
 * that makes terminals is not installed, which is told.
 */
export async function runOnTerminal(
  t: TestContext,
  args: readonly string[],
  typed: string,
): Promise<RunResult | undefined> {
  const isThere = await access(script, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    t.diagnostic(`${script} is not there: nothing was asked on a terminal`);
    return undefined;
  }
  const words = commandLine(args).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return await runCommand(script, ['-qec', words.join(' '), '/dev/null'], {
    timeoutMs: 120_000,
    stdin: typed,
  });
}
