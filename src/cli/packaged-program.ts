import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, fileError, HoldfastError } from '../base/index.ts';
import type { ProgramArch } from '../operations/remote-program/index.ts';

/** What runs now: the single-file program itself, or the one that Node loads from `dist/` or from the sources. */
export interface RunningProgram {
  /** Set when this is the single-file program. */
  readonly single?: { readonly arch: string; readonly path: string };
  /** Where single-file programs are looked for. */
  readonly directory: string;
}

/** Set by the build: where `dist/` is from the file that this module is part of; undefined in the single-file program. */
declare const HOLDFAST_DIST: string | undefined;

function runningProgram(): RunningProgram {
  const { execPath, arch } = process;
  if (process.getBuiltinModule('node:sea').isSea())
    return { single: { arch, path: execPath }, directory: dirname(execPath) };
  const dist = typeof HOLDFAST_DIST === 'string' ? HOLDFAST_DIST : '../../dist';
  return { directory: resolve(import.meta.dirname, dist) };
}

/**
 * The path of the single-file program for a machine, to be placed on a host that has no Node: this very program when it
 * is one and fits, otherwise `holdfast-linux-ARCH` beside it, where `npm run package` leaves it.
 * Errors: PROGRAM_NOT_PACKAGED, FILE_NOT_READABLE.
 */
export async function findPackagedProgram(
  arch: ProgramArch,
  { single, directory }: RunningProgram = runningProgram(),
): Promise<string> {
  if (single?.arch === arch) return single.path;
  const path = join(directory, `holdfast-linux-${arch}`);
  const info = await stat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw fileError(error, 'read', path);
  });
  if (info?.isFile() === true) return path;
  throw new HoldfastError(
    'PROGRAM_NOT_PACKAGED',
    `there is no single-file program for linux ${arch}: ${path}`,
    {
      details: { path },
    },
  );
}
