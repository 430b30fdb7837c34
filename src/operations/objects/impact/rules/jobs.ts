/** Jobs that would run a second time. */
import { conditionOf } from '../../fields/index.ts';
import type { JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function jobsRule(): ImpactRule {
  const objects: RiskObject[] = [];
  return {
    see(seen) {
      const { change, resource, present, recovered } = seen;
      if (resource !== 'jobs.batch' || recovered === undefined || hasEnded(recovered)) return;
      if (change === 'returns') objects.push(named(seen, 'is gone now'));
      if (change === 'changes' && present !== undefined && hasEnded(present))
        objects.push(named(seen, 'has ended since'));
    },
    risks: () => riskOf(repeatedJob, objects),
  };
}

function hasEnded(job: JsonObject): boolean {
  return conditionOf(job, 'Complete') === 'True' || conditionOf(job, 'Failed') === 'True';
}

const repeatedJob = {
  id: 'job-repeats',
  risk: 'medium',
  title: 'jobs go on that had not ended in the snapshot',
  explanation:
    'They are gone or have ended since. Their work would be done again, or a second time from the middle.',
  advice: 'Suspend or delete them right after the recovery if their work must not be done twice.',
} as const;
