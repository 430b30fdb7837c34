import { HoldfastError, type OperationContext } from '../../base/index.ts';
import type { SshHost } from '../../hosts/index.ts';

/** Machines that the single-file program is made for. */
export type ProgramArch = 'x64' | 'arm64';

const archOfMachine: Readonly<Record<string, ProgramArch>> = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
};

/** Where the program lies on a host. It needs nothing else there. */
export const remoteProgramPath = '/var/lib/holdfast/bin/holdfast';

/**
 * What kind of machine a host is; the first thing to ask, because it shows whether the host can be reached at all.
 * Errors: HOST_UNREACHABLE, HOST_COMMAND_FAILED, RECOVERY_UNSUPPORTED (no program is made for it).
 */
export async function askArch(ssh: SshHost, ctx: OperationContext): Promise<ProgramArch> {
  const { stdout, exitCode, stderr } = await ssh.run(['uname', '-m'], { signal: ctx.signal });
  if (exitCode !== 0) {
    throw new HoldfastError('HOST_COMMAND_FAILED', `${ssh.destination}: uname -m failed`, {
      details: { host: ssh.destination, stderr },
    });
  }
  const machine = stdout.trim();
  const arch = archOfMachine[machine];
  if (arch !== undefined) return arch;
  throw new HoldfastError(
    'RECOVERY_UNSUPPORTED',
    `${ssh.destination} is a ${machine}, and holdfast runs on x86_64 and aarch64`,
    { details: { host: ssh.destination } },
  );
}

/**
 * Sees to it that this program is on a host, and returns its path there. One that is there already, the same byte for
 * byte, is used as it is.
 *
 * @param programPath the single-file program for the host's kind of machine: a path here
 * Errors: HOST_UNREACHABLE, HOST_COMMAND_FAILED, those of `placeFile`.
 */
export async function placeProgram(
  ssh: SshHost,
  programPath: string,
  ctx: OperationContext,
): Promise<string> {
  const { placed } = await ssh.placeFile(programPath, remoteProgramPath, {
    mode: 0o755,
    signal: ctx.signal,
  });
  const outcome = placed ? 'placed holdfast' : 'holdfast is there already';
  ctx.log.info(outcome, { host: ssh.destination, path: remoteProgramPath });
  return remoteProgramPath;
}
