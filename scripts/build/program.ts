/**
 * The program in three parts: `holdfast.js` looks at Node's version, `core.js` holds all that every run needs, and
 * `chunks/` what a command loads when it runs.
 *
 * A module file costs more than a millisecond to load, whatever its size. Plain code splitting makes a file of every
 * set of modules that two parts share, eight of them for `holdfast version`; here the core is one file, and what the
 * chunks share with it they take from there.
 */
import { chmod } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { root, settings, type ThreadDefines } from './settings.ts';

const start = join(root, 'src/cli/run-process.ts');

export async function buildProgram(dist: string, threads: ThreadDefines): Promise<void> {
  /** @param toDist where `dist/` is from the file that is written */
  const common = (toDist: string) =>
    ({
      ...settings,
      define: {
        ...threads,
        HOLDFAST_DIST: JSON.stringify(toDist),
      },
    }) as const;
  const parts = new ProgramParts();
  const dry = await build({
    ...common('.'),
    entryPoints: [start],
    write: false,
    metafile: true,
    plugins: [parts.leaveChunksOut(), lazyBuiltins],
  });
  parts.takeCore(Object.keys(dry.metafile.inputs));
  await build({
    ...common('..'),
    entryPoints: parts.chunkEntries(),
    outdir: join(dist, 'chunks'),
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [parts.takeSharedFromCore(), lazyBuiltins],
  });
  await build({
    ...common('.'),
    stdin: { contents: parts.coreText(), resolveDir: root, loader: 'ts' },
    outfile: join(dist, 'core.js'),
    plugins: [parts.leaveChunksOut(), lazyBuiltins],
  });
  const program = join(dist, 'holdfast.js');
  await build({
    ...common('.'),
    entryPoints: ['src/cli/main.ts'],
    outfile: program,
    plugins: [startFromCore],
  });
  await chmod(program, 0o755);
}

/** `holdfast.js` imports the core, by its name in `dist/`. */
const startFromCore: Plugin = {
  name: 'start-from-core',
  setup(building) {
    building.onResolve({ filter: /run-process\.ts$/ }, () => ({ path: './core.js', external: true }));
  },
};

/** Which modules belong to the core, which begin a chunk, and which of the core's the chunks use. */
class ProgramParts {
  readonly #core = new Set<string>();
  /** Chunk names by the module that each begins with. */
  readonly #chunks = new Map<string, string>();
  /** Names under which the core gives its modules to the chunks. */
  readonly #shared = new Map<string, string>();

  takeCore(inputs: readonly string[]): void {
    for (const input of inputs) this.#core.add(join(root, input));
  }

  chunkEntries(): Record<string, string> {
    return Object.fromEntries(Array.from(this.#chunks, ([path, name]) => [name, path]));
  }

  /** What a module of the core imports dynamically begins a chunk. */
  leaveChunksOut(): Plugin {
    return {
      name: 'leave-chunks-out',
      setup: (building) => {
        building.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
          if (kind !== 'dynamic-import') return undefined;
          const target = resolve(resolveDir, path);
          const name = relative(join(root, 'src'), target)
            .replace(/(\/index)?\.ts$/, '')
            .replaceAll('/', '-');
          this.#chunks.set(target, name);
          return { path: `./chunks/${name}.js`, external: true };
        });
      },
    };
  }

  /** A module of the core that a chunk imports becomes a module of values taken from the core. */
  takeSharedFromCore(): Plugin {
    return {
      name: 'take-shared-from-core',
      setup: (building) => {
        building.onResolve({ filter: /^\.\.\/core\.js$/, namespace: 'core' }, ({ path }) => ({
          path,
          external: true,
        }));
        building.onResolve({ filter: /^\./, namespace: 'file' }, ({ kind, path, resolveDir }) => {
          const target = resolve(resolveDir, path);
          if (kind === 'entry-point' || !this.#core.has(target)) return undefined;
          return { path: target, namespace: 'core', sideEffects: false };
        });
        building.onLoad({ filter: /.*/, namespace: 'core' }, async ({ path }) => ({
          contents: await this.#sharedModule(path),
          loader: 'js',
        }));
      },
    };
  }

  async #sharedModule(path: string): Promise<string> {
    const id = this.#shared.get(path) ?? `shared${this.#shared.size}`;
    this.#shared.set(path, id);
    const values = (await exportsOf(path)).map((name) => `export const ${name} = ${id}.${name};`);
    return `import { ${id} } from '../core.js';\n${values.join('\n')}`;
  }

  coreText(): string {
    const shared = Array.from(
      this.#shared,
      ([path, id]) => `export * as ${id} from ${JSON.stringify(path)};`,
    );
    return `export { runProcess } from ${JSON.stringify(start)};\n${shared.join('\n')}`;
  }
}

async function exportsOf(path: string): Promise<readonly string[]> {
  const { metafile } = await build({
    ...settings,
    entryPoints: [path],
    write: false,
    metafile: true,
    outdir: dirname(path),
  });
  return Object.values(metafile.outputs).flatMap(({ exports }) => exports);
}
