/** Persistent volumes: data without an object, and objects without data. */
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';
import { reclaimPolicy, volumeNote } from './volume-note.ts';

export function volumesRule(): ImpactRule {
  const orphaned: RiskObject[] = [];
  const gone: RiskObject[] = [];
  const back: RiskObject[] = [];
  const deleting: RiskObject[] = [];
  return {
    see(seen) {
      if (seen.resource !== 'persistentvolumes') return;
      const { change, present, recovered } = seen;
      if (change === 'vanishes') orphaned.push(named(seen, volumeNote(present)));
      if (change === 'returns')
        (reclaimPolicy(recovered) === 'Delete' ? gone : back).push(named(seen, volumeNote(recovered)));
      const isLoosened = reclaimPolicy(present) !== 'Delete' && reclaimPolicy(recovered) === 'Delete';
      if (change === 'changes' && present !== undefined && isLoosened)
        deleting.push(named(seen, volumeNote(recovered)));
    },
    risks: () => [
      ...riskOf(orphanedVolume, orphaned),
      ...riskOf(goneVolume, gone),
      ...riskOf(deletingVolume, deleting),
      ...riskOf(returningVolume, back),
    ],
  };
}

const orphanedVolume = {
  id: 'volume-orphaned',
  risk: 'high',
  title: 'persistent volumes lose their object, their data stays',
  explanation:
    'They were made after the snapshot. Afterwards nothing in the cluster names them: nobody mounts their data, and no reclaim policy removes it.',
  advice:
    'Keep the objects: "holdfast objects extract" from the present, volumes and claims. Apply them after the recovery, the volumes first and without the uid in spec.claimRef.',
} as const;

const goneVolume = {
  id: 'volume-without-data',
  risk: 'medium',
  title: 'persistent volumes come back whose data was probably removed',
  explanation:
    'They were deleted after the snapshot, and their reclaim policy is Delete: what they name is most likely gone. Pods that use them will not start.',
  advice: 'Look at the storage for each of them; remove volume and claim where nothing is left.',
} as const;

const deletingVolume = {
  id: 'volume-policy-delete',
  risk: 'medium',
  title: 'persistent volumes go back to the reclaim policy Delete',
  explanation: 'They are kept now when their claim goes. After the recovery their data would go with it.',
  advice:
    'Set spec.persistentVolumeReclaimPolicy again right after the recovery, before any claim is deleted.',
} as const;

const returningVolume = {
  id: 'volume-returns',
  risk: 'low',
  title: 'persistent volumes come back that were deleted since',
  explanation:
    'Their reclaim policy left the data where it was. It may have been removed by hand, or be in use under another name.',
  advice: 'Look at the storage for each of them before a pod mounts it.',
} as const;
