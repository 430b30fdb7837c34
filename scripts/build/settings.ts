import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

export const root = join(import.meta.dirname, '..', '..');

/** What every part of the build has in common. */
export const settings = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // What an older Node reads before it is told that it is too old must at least be readable to it.
  target: 'node20',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  external: ['@node-rs/crc32'],
} as const satisfies BuildOptions;

/** For what becomes one file that holds everything: modules have no place of their own, and nothing is beside them. */
export const singleFileDefines = {
  'import.meta.url': '""',
  'import.meta.dirname': '""',
  HOLDFAST_DIST: 'undefined',
  HOLDFAST_SINGLE_FILE: 'true',
} as const;

/** Sources of the threads, by the names under which the build gives their text to those who start them. */
const threads = {
  HOLDFAST_SCAN_WORKER: 'src/operations/scan/scan-worker.ts',
  HOLDFAST_SHA256_WORKER: 'src/base/sha256/sha256-worker.ts',
  HOLDFAST_PIECE_WORKER: 'src/repository/sealing/piece-worker.ts',
} as const;

/** Definitions that hold the text of each thread. */
export type ThreadDefines = Readonly<Record<keyof typeof threads, string>>;

/**
 * Threads are started from text, so that they need no file of their own: scripts that learn where they belong.
 * @param defines in place of those for a script that belongs to a module
 */
export async function buildThreads(
  defines: Readonly<Record<string, string>> = { 'import.meta.url': 'holdfastModuleUrl' },
): Promise<ThreadDefines> {
  const none = Object.fromEntries(Object.keys(threads).map((name) => [name, '""']));
  const texts: (readonly [string, string])[] = [];
  for (const [name, source] of Object.entries(threads)) {
    const result = await build({
      ...settings,
      format: 'cjs',
      entryPoints: [source],
      write: false,
      minify: true,
      define: { ...defines, ...none },
      banner: { js: "const holdfastModuleUrl = require('node:worker_threads').workerData;" },
    });
    texts.push([name, JSON.stringify(result.outputFiles[0]!.text)]);
  }
  return Object.fromEntries(texts) as ThreadDefines;
}
