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

/** The worker is started from text, so that it needs no file of its own: a script that learns where it belongs. */
export async function buildScanWorker(): Promise<string> {
  const result = await build({
    ...settings,
    format: 'cjs',
    entryPoints: ['src/operations/scan/scan-worker.ts'],
    write: false,
    minify: true,
    define: { 'import.meta.url': 'holdfastModuleUrl', HOLDFAST_SCAN_WORKER: '""' },
    banner: { js: "const holdfastModuleUrl = require('node:worker_threads').workerData;" },
  });
  return result.outputFiles[0]!.text;
}
