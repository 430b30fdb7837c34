/** Taking static pods from the kubelet and giving them back: their manifests leave the manifests dir and return. */
import type { ManifestRole, Phase, PlannedManifest } from '../plan/index.ts';
import {
  waitForApiServer,
  waitForEtcd,
  waitForPeersBefore,
  waitForPeersBeforeToStop,
} from '../verify/index.ts';
import { waitUntilSilent } from './api-server-silent.ts';
import { tryRestartKubelet } from './kubelet-step.ts';
import { movePath } from './move-path.ts';
import { waitUntilGone, waitUntilReleased } from './processes.ts';
import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

/** API server, controller manager and scheduler: all are taken away before the first is waited for. */
export function fenceClientSteps({ host }: Pick<StepWork, 'host'>): Step[] {
  const clients = host.manifests.filter(({ role }) => role !== 'etcd');
  if (clients.length === 0) return [];
  return [
    {
      // Undone last, when all manifests are back.
      name: 'fence/clients-back',
      phase: 'fence-clients',
      apply: nothingToRevert,
      async revert(work) {
        if (host.before.apiServerReady) await waitForApiServer(work);
        // It has seen objects of the restored cluster.
        if (work.journal.stateOf(startStepName('kube-apiserver')) !== undefined)
          await tryRestartKubelet(work);
      },
    },
    ...clients.map((manifest) => fenceStep('fence-clients', manifest)),
    {
      name: 'fence/clients-gone',
      phase: 'fence-clients',
      async apply(work) {
        await waitUntilGone(work, clients);
        if (clients.some(({ role }) => role === 'kube-apiserver')) await waitUntilSilent(work);
      },
      revert: nothingToRevert,
    },
  ];
}

/** The kubelet sees at once that a manifest is gone; a container that it is just starting takes it a moment. */
const crashingQuietMs = 5000;

/** etcd last, when nobody writes any more. */
export function fenceEtcdSteps({ host }: Pick<StepWork, 'host'>): Step[] {
  const etcd = host.manifests.filter(({ role }) => role === 'etcd');
  return [
    {
      name: 'fence/etcd-back',
      phase: 'fence-etcd',
      apply: nothingToRevert,
      async revert(work) {
        if (host.before.etcdHealthy) await waitForEtcd(work, { previous: true });
      },
    },
    ...etcd.map((manifest) => fenceStep('fence-etcd', manifest)),
    {
      name: 'fence/etcd-gone',
      phase: 'fence-etcd',
      async apply(work) {
        await waitUntilGone(work, etcd, host.before.etcdHealthy ? 0 : crashingQuietMs);
        await waitUntilReleased(work, work.host.oldDataDir);
      },
      revert: nothingToRevert,
    },
  ];
}

/** Gives manifests back to the kubelet, the changed one where there is one. */
export function startSteps(
  { host }: Pick<StepWork, 'host'>,
  phase: Phase,
  roles: readonly ManifestRole[],
): Step[] {
  return host.manifests
    .filter(({ role }) => roles.includes(role))
    .map((manifest) => ({
      name: startStepName(manifest.role),
      phase,
      apply: (work) => giveBack(work, manifest, manifest.editedFile ?? manifest.fencedFile),
      revert: (work) => takeAway(work, manifest),
    }));
}

function startStepName(role: ManifestRole): string {
  return `start/${role}`;
}

function fenceStep(phase: Phase, manifest: PlannedManifest): Step {
  return {
    name: `fence/${manifest.role}`,
    phase,
    async apply(work) {
      if (manifest.role === 'etcd') await waitForPeersBeforeToStop(work);
      await move(work, manifest.file, manifest.fencedFile);
    },
    revert: (work) => giveBack(work, manifest, manifest.fencedFile),
  };
}

async function giveBack(work: StepWork, manifest: PlannedManifest, from: string): Promise<void> {
  if (manifest.role === 'etcd') await waitForPeersBefore(work);
  await move(work, from, manifest.file);
}

/** Undoes a start: the new process must be gone before anything else is undone. */
async function takeAway(work: StepWork, manifest: PlannedManifest): Promise<void> {
  const away = manifest.editedFile ?? manifest.fencedFile;
  if (manifest.role === 'etcd') await waitForPeersBeforeToStop(work);
  await move(work, manifest.file, away);
  await waitUntilGone(work, [manifest]);
  if (manifest.role === 'etcd') await waitUntilReleased(work, work.host.dataDir);
}

async function move({ machine }: StepWork, from: string, to: string): Promise<void> {
  await movePath(await machine.realPath(from), await machine.realPath(to));
}
