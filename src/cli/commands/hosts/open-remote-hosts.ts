import type { OperationContext } from '../../../base/index.ts';
import type { SshHost } from '../../../hosts/index.ts';
import { findPackagedProgram } from '../../packaged-program.ts';
import { type HostsFlags, sshOptions } from './hosts-flags.ts';

/** A host with this program on it. */
export interface RemoteHost {
  /** As it was named. */
  readonly name: string;
  readonly ssh: SshHost;
  /** The program's path there. */
  readonly program: string;
}

/** Disposing ends what still runs over ssh. */
export interface RemoteHosts extends AsyncDisposable {
  readonly hosts: readonly RemoteHost[];
}

/**
 * Reaches all of the hosts, then places this program where it is missing: when one cannot be reached, nothing is
 * changed on any. Errors: those of `askArch`, `findPackagedProgram` and `placeProgram`.
 */
export async function openRemoteHosts(
  names: readonly string[],
  flags: Pick<HostsFlags, 'ssh-config'>,
  ctx: OperationContext,
): Promise<RemoteHosts> {
  const { openSshHost } = await import('../../../hosts/index.ts');
  const { askArch, placeProgram } = await import('../../../operations/remote-program/index.ts');
  await using stack = new AsyncDisposableStack();
  const reached = await Promise.all(
    names.map(async (name) => {
      const ssh = stack.use(openSshHost({ destination: name, options: sshOptions(flags) }, ctx));
      return { name, ssh, programPath: await findPackagedProgram(await askArch(ssh, ctx)) };
    }),
  );
  const hosts = await Promise.all(
    reached.map(async ({ name, ssh, programPath }) => {
      return { name, ssh, program: await placeProgram(ssh, programPath, ctx) };
    }),
  );
  const open = stack.move();
  return { hosts, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
