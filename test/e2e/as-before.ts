/** Whether a control plane is as it was: what a recovery that was undone has to show. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ControlPlane } from '../support/control-plane/index.ts';
import { listTree } from '../support/tree-listing.ts';
import { watchNames } from '../support/watch-names.ts';
import { allRuns, cachedList, readClosedJournal, readLasting } from './recover-sandbox.ts';

/**
 * Does the work, and makes sure that everything is as before: files, data, what etcd and the API server tell, what
 * runs; that no other manifest was ever there; and that the journal says so.
 */
export async function comesBack(plane: ControlPlane, work: () => Promise<void>): Promise<void> {
  const before = await observe(plane);
  using names = await watchNames(plane.manifestsDir);
  await work();
  await allRuns(plane);
  assert.deepEqual(await observe(plane), before);
  assert.deepEqual(await names.seen(), before.manifests, 'no other name was ever in the manifests dir');
  await isClosed(plane.root);
}

async function observe(plane: ControlPlane) {
  const { root, dataDir, manifestsDir } = plane;
  return {
    manifests: (await readdir(manifestsDir)).sort(),
    kubernetes: await filesOf(join(root, 'etc/kubernetes')),
    data: (await stat(dataDir)).ino,
    database: (await stat(join(dataDir, 'member/snap/db'))).ino,
    besideData: (await readdir(dirname(dataDir))).filter((name) => !isOurs(name)),
    keys: await readLasting(plane),
    list: await cachedList(plane),
  };
}

/** Journals; and the ledger, for revisions that were handed out are not taken back. */
function isOurs(name: string): boolean {
  return name === 'holdfast' || name.endsWith('.holdfast-ledger.json');
}

/** A rename leaves a file as it is, and changes the time of the directory. */
async function filesOf(path: string): Promise<string[]> {
  return (await listTree(path)).map((line) => line.replace(/ size=- mtime=.*/, ''));
}

async function isClosed(root: string): Promise<void> {
  const directory = join(root, 'var/lib/holdfast/recover');
  assert.deepEqual(await readdir(directory), ['closed']);
  const last = (await readdir(join(directory, 'closed'))).sort().at(-1)!;
  const journal = await readClosedJournal(root, last.replace(/\.jsonl$/, ''));
  assert.equal(journal.at(-1)?.['outcome'], 'rolled-back');
}
