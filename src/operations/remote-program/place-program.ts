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
 * Sees to it that this program is on a host, and returns its path there. One that is there already, the same byte for
 * byte, is used as it is.
 *
 * @param findProgram the single-file program for a kind of machine: a path here
 * Errors: HOST_UNREACHABLE, HOST_COMMAND_FAILED, RECOVERY_UNSUPPORTED (another kind of machine), those of `placeFile`
 * and of `findProgram`.
 */
export async function placeProgram(
  ssh: SshHost,
  findProgram: (arch: ProgramArch) => Promise<string>,
  ctx: OperationContext,
): Promise<string> {
  const { stdout, exitCode, stderr } = await ssh.run(['uname', '-m'], { signal: ctx.signal });
  if (exitCode !== 0) {
    throw new HoldfastError('HOST_COMMAND_FAILED', `${ssh.destination}: uname -m failed`, {
      details: { host: ssh.destination, stderr },
    });
  }
  const machine = stdout.trim();
  const arch = archOfMachine[machine];
  if (arch === undefined) {
    throw new HoldfastError(
      'RECOVERY_UNSUPPORTED',
      `${ssh.destination} is a ${machine}, and holdfast runs on x86_64 and aarch64`,
      {
        details: { host: ssh.destination },
      },
    );
  }
  const { placed } = await ssh.placeFile(await findProgram(arch), remoteProgramPath, {
    mode: 0o755,
    signal: ctx.signal,
  });
  if (placed) ctx.log.info('placed holdfast', { host: ssh.destination, path: remoteProgramPath });
  return remoteProgramPath;
}
