import { join, resolve } from 'node:path';
import { HoldfastError } from '../../../base/index.ts';

/** Set by the build: where `dist/` is from the file that this module is part of; undefined in the single-file program. */
declare const HOLDFAST_DIST: string | undefined;

/** What the demo starts, and what it shows. */
export interface DemoFiles {
  /** The start of an argv that runs a stand-in by its name. */
  readonly standIn: readonly string[];
  /** The sample cluster's snapshot, compressed with Brotli. */
  readonly samplePath: string;
}

/**
 * In `dist/` after a build, otherwise in the sources. Errors: PROGRAM_INCOMPLETE in the single-file program, and where
 * there is no `/proc` to see processes in.
 */
export function findDemoFiles(): DemoFiles {
  if (process.platform !== 'linux')
    throw new HoldfastError('PROGRAM_INCOMPLETE', `the demo runs on Linux, and this is ${process.platform}`);
  if (process.getBuiltinModule('node:sea').isSea())
    throw new HoldfastError(
      'PROGRAM_INCOMPLETE',
      'the single-file program has no sandbox for the demo in it',
    );
  const { execPath } = process;
  if (typeof HOLDFAST_DIST === 'string') {
    const dist = resolve(import.meta.dirname, HOLDFAST_DIST);
    return {
      standIn: [execPath, join(dist, 'sandbox.js')],
      samplePath: join(dist, 'demo', 'shop-3.6.db.br'),
    };
  }
  const root = resolve(import.meta.dirname, '../../../..');
  return {
    standIn: [execPath, join(root, 'src/sandbox/main.ts')],
    samplePath: join(root, 'testdata/kubernetes/shop-3.6/db.br'),
  };
}
