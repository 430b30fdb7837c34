import { build } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { buildThreads, root, settings, singleFileDefines } from './settings.ts';

/**
 * The whole program as the text of one CommonJS script, which is what a single-file program runs. What a command loads
 * when it runs stays unread until then, as in `dist/chunks`.
 */
export async function buildSingleFile(): Promise<string> {
  const threads = await buildThreads(singleFileDefines);
  const result = await build({
    ...settings,
    target: 'node24',
    format: 'cjs',
    stdin: {
      contents: `import { runProcess } from './src/cli/run-process.ts';\nvoid runProcess();`,
      resolveDir: root,
      loader: 'ts',
    },
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    define: { ...singleFileDefines, ...threads },
    external: [],
    plugins: [lazyBuiltins],
  });
  return result.outputFiles[0]!.text;
}
