import module from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Loads Node's own modules when something of them is first used, not when a module that mentions them is: `node:crypto`
 * and `node:child_process` alone would take a third of the time that `holdfast version` has.
 */
export const lazyBuiltins: Plugin = {
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

/**
 * A module whose every export is a getter. Node's look-up by name costs microseconds, so it is made once. Few modules
 * are one function or the process itself; those stay whole.
 */
function lazyModule(path: string): string {
  const load = `process.getBuiltinModule(${JSON.stringify(path)})`;
  const builtin: unknown = process.getBuiltinModule(path);
  if (path === 'node:process' || typeof builtin !== 'object' || builtin === null)
    return `module.exports = ${load};`;
  const names = Object.keys(builtin).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
  return `let loaded;\nconst load = () => (loaded ??= ${load});\nmodule.exports = { ${getters.join(', ')} };`;
}
