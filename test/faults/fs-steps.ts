/**
 * Every call with which the code under test changes a directory, one after the other: for tests that stop it, or let
 * it fail, at each. The calls are those of `node:fs` and `node:fs/promises`, wherever they are imported.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

export interface FsStep {
  /** From 1 on. */
  readonly number: number;
  /** Such as `rename` or `FileHandle.sync`. */
  readonly call: string;
  readonly path: string;
}

type AnyFunction = (...args: unknown[]) => unknown;
type Functions = Record<string, AnyFunction>;

/** Calls with a path as their first argument; `link`, `rename` and `copyFile` change their second. */
const pathCalls = ['open', 'mkdir', 'rm', 'rmdir', 'chmod', 'truncate', 'writeFile'] as const;
const twoPathCalls = ['rename', 'link', 'copyFile'] as const;
const handleCalls = ['write', 'writev', 'writeFile', 'sync', 'datasync', 'truncate', 'chmod'] as const;

/**
 * Tells of each step below a directory before it is made. What `onStep` throws is what the call fails with.
 * Disposing it makes everything as it was.
 */
export async function watchSteps(directory: string, onStep: (step: FsStep) => void): Promise<Disposable> {
  const root = resolve(directory);
  let number = 0;
  const step = (call: string, path: unknown) => {
    if (typeof path !== 'string') return;
    const absolute = resolve(path);
    if (absolute === root || absolute.startsWith(`${root}${sep}`))
      onStep({ number: ++number, call, path: absolute });
  };
  const undo: (() => void)[] = [];
  const replace = (target: Functions, name: string, wrap: (original: AnyFunction) => AnyFunction) => {
    const original = target[name]!;
    target[name] = wrap(original);
    undo.push(() => (target[name] = original));
  };
  const promises = fs.promises as unknown as Functions;
  for (const name of [...pathCalls, ...twoPathCalls]) {
    const changed = (twoPathCalls as readonly string[]).includes(name) ? 1 : 0;
    replace(promises, name, (original) =>
      before(
        (args) => {
          step(name, args[changed]);
        },
        original,
        promises,
      ),
    );
  }
  await replaceHandleCalls(promises, replace, step);
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]() {
      for (const restore of undo.reverse()) restore();
      syncBuiltinESMExports();
    },
  };
}

type Step = (call: string, path: unknown) => void;
type Replace = (target: Functions, name: string, wrap: (original: AnyFunction) => AnyFunction) => void;

/** Calls on open files: which path they belong to is known from what opened them. */
async function replaceHandleCalls(promises: Functions, replace: Replace, step: Step): Promise<void> {
  const paths = new Map<unknown, unknown>();
  replace(promises, 'open', (original) => async (...args) => {
    const handle = (await original.apply(promises, args)) as fs.promises.FileHandle;
    paths.set(handle.fd, args[0]);
    return handle;
  });
  const probe = await fs.promises.open('/dev/null');
  const prototype = Object.getPrototypeOf(probe) as Functions;
  await probe.close();
  for (const name of handleCalls) {
    replace(prototype, name, (original) => {
      return async function (this: fs.promises.FileHandle, ...args) {
        step(`FileHandle.${name}`, paths.get(this.fd));
        return await original.apply(this, args);
      };
    });
  }
  replaceSyncCalls(paths, replace, step);
}

function replaceSyncCalls(paths: Map<unknown, unknown>, replace: Replace, step: Step): void {
  const target = fs as unknown as Functions;
  replace(target, 'openSync', (original) => (...args) => {
    if (args[1] !== 'r') step('openSync', args[0]);
    const fd = original.apply(target, args);
    paths.set(fd, args[0]);
    return fd;
  });
  replace(target, 'mkdirSync', (original) => (...args) => {
    step('mkdirSync', args[0]);
    return original.apply(target, args);
  });
  replace(target, 'writeSync', (original) => (...args) => {
    step('writeSync', paths.get(args[0]));
    return original.apply(target, args);
  });
}

function before(tell: (args: unknown[]) => void, original: AnyFunction, self: object): AnyFunction {
  return async (...args) => {
    tell(args);
    return await original.apply(self, args);
  };
}
