/**
 * Builds `dist/`, or the directory named on the command line: the program (`holdfast.js` and what it loads), the demo's
 * stand-ins and sample (`sandbox.js`, `demo/`), the library (`lib/`) and its types (`types/`). Run by `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { cp, glob, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildProgram } from './build/program.ts';
import { buildSandbox } from './build/sandbox.ts';
import { buildThreads, root, settings, type ThreadDefines } from './build/settings.ts';

const dist = resolve(process.argv[2] ?? join(root, 'dist'));

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, { readonly 'holdfast-source': string; readonly default: string }>
  >;
}

/** One file for each subpath of the package, what they have in common in chunks; dependencies stay outside. */
async function buildLibrary(threads: ThreadDefines, { dependencies, exports }: PackageJson): Promise<void> {
  const entries = Object.values(exports).map(({ 'holdfast-source': source, default: target }) => {
    const name = /^\.\/dist\/lib\/(.+)\.js$/.exec(target)?.[1];
    if (name === undefined) throw new Error(`exports: ${target} is not a file of dist/lib`);
    return [name, source] as const;
  });
  await build({
    ...settings,
    target: 'node24',
    entryPoints: Object.fromEntries(entries),
    outdir: join(dist, 'lib'),
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: threads,
    external: [...settings.external, ...Object.keys(dependencies)],
  });
}

/** tsc writes what is TypeScript; the generated messages are JavaScript with declarations of their own. */
async function buildTypes(): Promise<void> {
  const words = ['-p', 'tsconfig.types.json', '--outDir', join(dist, 'types')];
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...words], {
    cwd: root,
    stdio: 'inherit',
  });
  if (tsc.status !== 0) throw new Error('tsc failed');
  for await (const file of glob('src/*/gen/**/*.d.ts', { cwd: root }))
    await cp(join(root, file), join(dist, 'types', file.replace(/^src\//, '')));
}

await rm(dist, { recursive: true, force: true });
const packageJson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageJson;
const threads = await buildThreads();
await buildProgram(dist, threads);
await buildSandbox(dist, threads);
await buildLibrary(threads, packageJson);
await buildTypes();
