import { chmod, lchown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, HoldfastError, type OperationContext, syncDirectory } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import type { PlannedOwner } from '../plan/index.ts';

/**
 * Gives a restored tree the owner, and its top the permission bits and the SELinux label, of what it replaces.
 * Errors: WRITE_FAILED, HOST_COMMAND_FAILED (chcon).
 */
export async function giveOwner(
  machine: LocalHost,
  hostPath: string,
  { uid, gid, mode, selinuxLabel }: PlannedOwner,
  ctx: OperationContext,
): Promise<void> {
  const top = await machine.realPath(hostPath);
  try {
    await chownTree(top, uid, gid);
    await chmod(top, mode);
  } catch (error) {
    throw fileError(error, 'change the owner of', top);
  }
  await syncDirectory(top);
  if (selinuxLabel === undefined) return;
  const result = await machine.run(['chcon', '-R', selinuxLabel, hostPath], { signal: ctx.signal });
  if (result?.exitCode === 0) return;
  throw new HoldfastError('HOST_COMMAND_FAILED', `cannot give ${hostPath} the label ${selinuxLabel}`, {
    hint: 'Check that chcon is installed on the host.',
    details: { path: hostPath, stderr: result?.stderr ?? 'no chcon' },
  });
}

async function chownTree(path: string, uid: number, gid: number): Promise<void> {
  await lchown(path, uid, gid);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await chownTree(child, uid, gid);
    else await lchown(child, uid, gid);
  }
}
