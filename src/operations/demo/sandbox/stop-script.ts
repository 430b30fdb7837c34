import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../../base/index.ts';
import type { SandboxDirectory } from './sandbox-directory.ts';

export interface StopScriptOptions {
  readonly directory: SandboxDirectory;
  /** What the runner has for `/`: by it the script knows it, should its pid be another's by then. */
  readonly root: string;
  /** Of the runner. */
  readonly pid: number;
}

/** Writes a script that stops a sandbox and removes it. Errors: WRITE_FAILED, DISK_FULL. */
export async function writeStopScript({
  directory,
  root,
  pid,
}: StopScriptOptions): Promise<{ readonly stopScript: string }> {
  const stopScript = join(directory.path, 'stop');
  const what = directory.isOurs ? quoted(directory.path) : `${quoted(directory.path)}/*`;
  const text = `#!/bin/sh
# Stops everything that runs in this sandbox, and removes it.
runs() { grep -qsaF -e ${quoted(`--root=${root}`)} /proc/${pid}/cmdline; }
runs && kill -INT ${pid}
while runs; do sleep 0.1; done
rm -rf ${what}
`;
  try {
    await writeFile(stopScript, text, { mode: 0o700 });
  } catch (error) {
    throw fileError(error, 'write', stopScript);
  }
  return { stopScript };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
