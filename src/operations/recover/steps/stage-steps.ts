import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  createDurableFile,
  fileError,
  removeAbandonedFiles,
  syncDirectory,
  utf8,
} from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import { editDataDir } from '../../../kubernetes/index.ts';
import { defaultStoragePrefix } from '../../../formats/kubernetes-object/index.ts';
import { walDirectory } from '../../../formats/data-dir/index.ts';
import { removeRestoreLeftovers, restoreSnapshot } from '../../restore/index.ts';
import { sanitizeStaged } from '../sanitize/index.ts';
import { giveOwner } from './owner.ts';
import { expectFromStaged, expectationFact } from '../verify/index.ts';
import { exists, removeEmptyDirectory } from './move-path.ts';
import { requireSameSnapshot } from './same-snapshot.ts';
import type { HostPlan, PlannedManifest } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

/** Under which name the journal keeps what was taken out. */
export const sanitizedFact = 'sanitized';

/** Everything that can be made ready while the old cluster still runs. */
export function stageSteps(work: Pick<StepWork, 'plan' | 'host'>): Step[] {
  return [
    { name: 'stage/restore', phase: 'stage', apply: restore, revert: removeStaged },
    ...(work.plan.sanitize
      ? [{ name: 'stage/sanitize', phase: 'stage', apply: sanitize, revert: nothingToRevert } as const]
      : []),
    { name: 'stage/expect', phase: 'stage', apply: expect, revert: nothingToRevert },
    { name: 'stage/owner', phase: 'stage', apply: own, revert: nothingToRevert },
    { name: 'stage/fence-dir', phase: 'stage', apply: makeFenceDir, revert: removeFenceDir },
  ];
}

/** `restoreSnapshot` checks before, checks what it wrote, and lets the directory appear whole: there means done. */
async function restore(work: StepWork): Promise<void> {
  const { plan, host, machine, ctx } = work;
  const dataDir = await machine.realPath(host.stagedDataDir);
  if (await exists(dataDir)) return;
  const { sha256, skipDigest } = plan.snapshot;
  // The restore hashes what it copies; where it does not, the file is read once more.
  if (skipDigest) await requireSameSnapshot(work);
  const walDir = host.stagedWalDir === undefined ? undefined : await machine.realPath(host.stagedWalDir);
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 });
  await restoreSnapshot(
    {
      snapshotPath: work.snapshotFile,
      dataDir,
      ...(walDir === undefined ? {} : { walDir }),
      name: host.member.name,
      initialCluster: plan.cluster.initialCluster,
      initialClusterToken: plan.cluster.token,
      initialAdvertisePeerUrls: host.member.peerUrls.join(','),
      skipHashCheck: skipDigest,
      fileSha256: sha256,
      statusHash: false,
      bumpRevision: plan.revision.bump,
      markCompacted: plan.revision.bump > 0n,
    },
    ctx,
  );
}

async function removeStaged({ host, machine }: StepWork): Promise<void> {
  const dataDir = await machine.realPath(host.stagedDataDir);
  const walDir = host.stagedWalDir === undefined ? undefined : await machine.realPath(host.stagedWalDir);
  await removeRestoreLeftovers({ dataDir, walDir: walDir ?? walDirectory(dataDir) });
  for (const path of [dataDir, walDir]) {
    if (path === undefined) continue;
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      throw fileError(error, 'remove', path);
    });
  }
}

async function sanitize({ host, machine, journal }: StepWork): Promise<void> {
  const prefix = host.apiServer?.etcdPrefix ?? defaultStoragePrefix;
  const report = await sanitizeStaged(await machine.realPath(host.stagedDataDir), prefix);
  await journal.recordFact(sanitizedFact, report);
}

async function expect({ host, machine, journal, ctx }: StepWork): Promise<void> {
  const expectation = await expectFromStaged(await machine.realPath(host.stagedDataDir), ctx);
  await journal.recordFact(expectationFact, expectation);
}

async function own({ host, machine, ctx }: StepWork): Promise<void> {
  await giveOwner(machine, host.stagedDataDir, host.owner, ctx);
  if (host.stagedWalDir !== undefined) await giveOwner(machine, host.stagedWalDir, host.owner, ctx);
}

/** The directory for the manifests, with those that will differ already in it. */
async function makeFenceDir({ host, machine }: StepWork): Promise<void> {
  const fenceDir = await machine.realPath(host.fenceDir);
  await mkdir(fenceDir, { recursive: true, mode: 0o700 });
  await syncDirectory(dirname(fenceDir));
  for (const manifest of host.manifests) await writeEdited(manifest, host, machine);
}

/** With owner and mode of the original, which is still in its place. */
async function writeEdited(
  { file, editedFile, editedText }: PlannedManifest,
  host: HostPlan,
  machine: LocalHost,
): Promise<void> {
  if (editedFile === undefined || editedText === undefined) return;
  const current = await machine.readText(file);
  // What somebody changed since the plan was made stays changed.
  const edit = { path: file, from: host.oldDataDir, to: host.dataDir };
  const text = current === undefined ? editedText : editDataDir(current, edit).text;
  const original = await machine.stat(file);
  const path = await machine.realPath(editedFile);
  await using edited = await createDurableFile(path, {
    temporaryPath: `${path}.part`,
    replace: true,
    mode: original?.mode ?? 0o600,
  });
  await edited.write([utf8(text)]);
  if (original !== undefined) await edited.handle.chown(original.uid, original.gid);
  await edited.commit();
}

/** Takes away what `makeFenceDir` put there. A manifest that is still in it stays, and the directory with it. */
async function removeFenceDir({ host, machine }: StepWork): Promise<void> {
  for (const { editedFile } of host.manifests) {
    if (editedFile === undefined) continue;
    const path = await machine.realPath(editedFile);
    await removeAbandonedFiles(`${path}.part`);
    for (const name of [path, `${path}.part`]) await rm(name, { force: true });
  }
  await removeEmptyDirectory(await machine.realPath(host.fenceDir));
}
