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

/**
 * The worker is started from text, so that it needs no file of its own: a script that learns where it belongs.
 * @param defines in place of those for a script that belongs to a module
 */
export async function buildScanWorker(
  defines: Readonly<Record<string, string>> = { 'import.meta.url': 'holdfastModuleUrl' },
): Promise<string> {
  const result = await build({
    ...settings,
    format: 'cjs',
    entryPoints: ['src/operations/scan/scan-worker.ts'],
    write: false,
    minify: true,
    define: { ...defines, HOLDFAST_SCAN_WORKER: '""' },
    banner: { js: "const holdfastModuleUrl = require('node:worker_threads').workerData;" },
  });
  return result.outputFiles[0]!.text;
}
