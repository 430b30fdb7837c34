import { access, constants, stat } from 'node:fs/promises';
import { fileError, HoldfastError } from '../../../base/index.ts';

/** All that programs get of the environment: etcd would take flags from the rest. */
export const programEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  // etcd before 3.5 asks for this on machines that it was not tested on.
  ETCD_UNSUPPORTED_ARCH: unsupportedArchitecture(),
};

function unsupportedArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

/** Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, HOST_COMMAND_FAILED (it may not be run). */
export async function requireProgram(path: string): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch (error) {
    throw fileError(error, 'open', path);
  }
  if (!isFile)
    throw new HoldfastError('NOT_A_REGULAR_FILE', `${path} is no program`, {
      hint: 'Name the program itself.',
    });
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw new HoldfastError('HOST_COMMAND_FAILED', `${path} may not be run`, { details: { path }, cause });
  }
}
