/**
 * Builds `dist/`, or the directory named on the command line: the program (`holdfast.js` and the chunks that it loads when it needs them), the library (`lib/`) and
 * its types (`types/`). Run by `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { chmod, cp, glob, readFile, rm } from 'node:fs/promises';
import module from 'node:module';
import { join, resolve } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, { readonly 'holdfast-source': string; readonly default: string }>
  >;
}

const settings = {
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
async function buildScanWorker(): Promise<string> {
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

/**
 * Loads Node's own modules when something of them is first used, not when a module that mentions them is: `node:crypto`
 * and `node:child_process` alone would take a third of the time that `holdfast version` has.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(building) {
    building.onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path }) => {
      const name = path.startsWith('node:') ? path : `node:${path}`;
      return module.isBuiltin(name) ? { path: name, namespace: 'builtin', sideEffects: false } : undefined;
    });
    building.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: lazyModule(path),
      loader: 'js',
    }));
  },
};

/** A module whose every export is a getter. Few modules are one function or the process itself; those stay whole. */
function lazyModule(path: string): string {
  const load = `process.getBuiltinModule(${JSON.stringify(path)})`;
  const builtin: unknown = process.getBuiltinModule(path);
  if (path === 'node:process' || typeof builtin !== 'object' || builtin === null)
    return `module.exports = ${load};`;
  const names = Object.keys(builtin).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
  return `const load = () => ${load};\nmodule.exports = { ${getters.join(', ')} };`;
}

async function buildProgram(scanWorker: string): Promise<void> {
  await build({
    ...settings,
    entryPoints: { holdfast: 'src/cli/main.ts' },
    outdir: dist,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: { HOLDFAST_SCAN_WORKER: JSON.stringify(scanWorker) },
    plugins: [lazyBuiltins],
  });
  await chmod(join(dist, 'holdfast.js'), 0o755);
}

/** One file for each subpath of the package, what they have in common in chunks; dependencies stay outside. */
async function buildLibrary(scanWorker: string, { dependencies, exports }: PackageJson): Promise<void> {
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
    define: { HOLDFAST_SCAN_WORKER: JSON.stringify(scanWorker) },
    external: [...settings.external, ...Object.keys(dependencies)],
  });
}

/** tsc writes what is TypeScript; the generated messages are JavaScript with declarations of their own. */
async function buildTypes(): Promise<void> {
  const tsc = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.types.json',
      '--outDir',
      join(dist, 'types'),
    ],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (tsc.status !== 0) throw new Error('tsc failed');
  for await (const file of glob('src/etcd/gen/**/*.d.ts', { cwd: root })) {
    const target = join(dist, 'types', file.replace(/^src\//, ''));
    await cp(join(root, file), target);
  }
}

await rm(dist, { recursive: true, force: true });
const packageJson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageJson;
const scanWorker = await buildScanWorker();
await buildProgram(scanWorker);
await buildLibrary(scanWorker, packageJson);
await buildTypes();
