import { access, constants, stat } from 'node:fs/promises';
import { errnoOf, HoldfastError } from '../base/index.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { resolveInRoot } from './root-path.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { cannotStart } from './started-program.ts';

/** Where a host's programs are, when its own PATH is not known. */
const programDirs = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** With this status chroot(1) says that it failed itself. */
const chrootFailed = 125;

/**
 * Runs a program of the host under a root, through chroot unless the root is `/`. Undefined when there is no such
 * program. Errors: HOST_COMMAND_FAILED, TIMEOUT, INTERRUPTED.
 */
export async function runHostProgram(
  root: string,
  argv: readonly string[],
  options: CommandOptions,
): Promise<CommandResult | undefined> {
  const [program = '', ...args] = argv;
  if (root === '/') {
    const result = await runProgram(argv, program, options);
    if (isMissing(result, program)) return undefined;
    return withoutStartError(result, program);
  }
  const path = await findProgram(root, program);
  if (path === undefined) return undefined;
  const result = await runProgram(['chroot', root, path, ...args], program, options);
  if (result.exitCode === chrootFailed && result.stderr.startsWith('chroot: ')) {
    const reason = result.stderr.trim();
    throw new HoldfastError('HOST_COMMAND_FAILED', `cannot start ${program} under ${root}: ${reason}`, {
      hint: 'Only root may change the root directory; run as root.',
      details: { program, root },
    });
  }
  return withoutStartError(result, 'chroot');
}

function isMissing({ startError }: ProgramResult, program: string): boolean {
  const errno = errnoOf(startError);
  // A directory of the search path that may not be entered counts as one where it is not.
  return errno === 'ENOENT' || (errno === 'EACCES' && !program.includes('/'));
}

function withoutStartError(result: ProgramResult, program: string): CommandResult {
  const { startError, ...rest } = result;
  if (startError !== undefined) throw cannotStart(program, startError);
  return rest;
}

/** The path on the host of a program that can be run. */
async function findProgram(root: string, program: string): Promise<string | undefined> {
  const candidates = program.includes('/') ? [program] : programDirs.map((dir) => `${dir}/${program}`);
  for (const candidate of candidates) {
    if (await isProgram(await resolveInRoot(root, candidate))) return candidate;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Whatever the reason, a shell would not find it either.
    return false;
  }
}
