import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { root, settings, type ThreadDefines } from './settings.ts';

/** What the demo starts and shows: `sandbox.js` with its parts in `sandbox/`, and the sample cluster in `demo/`. */
export async function buildSandbox(dist: string, threads: ThreadDefines): Promise<void> {
  await build({
    ...settings,
    target: 'node24',
    entryPoints: { sandbox: 'src/sandbox/main.ts' },
    outdir: dist,
    splitting: true,
    chunkNames: 'sandbox/[name]-[hash]',
    define: threads,
    plugins: [lazyBuiltins],
  });
  await mkdir(join(dist, 'demo'));
  await copyFile(join(root, 'testdata/kubernetes/shop-3.6/db.br'), join(dist, 'demo/shop-3.6.db.br'));
}
