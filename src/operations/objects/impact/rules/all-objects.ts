/** Everything that is not the same afterwards. */
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function allObjectsRule(): ImpactRule {
  const objects: Record<'vanishes' | 'returns' | 'changes', RiskObject[]> = {
    vanishes: [],
    returns: [],
    changes: [],
  };
  return {
    see(seen) {
      if (seen.change !== 'same') objects[seen.change].push(named(seen));
    },
    risks: () => [
      ...riskOf(vanishing, objects.vanishes),
      ...riskOf(returning, objects.returns),
      ...riskOf(changing, objects.changes),
    ],
  };
}

const vanishing = {
  id: 'objects-vanish',
  risk: 'low',
  title: 'objects vanish',
  explanation: 'They were made after the snapshot, and are in the old data only.',
  advice:
    'What has to stay: "holdfast objects extract" from the present, now or from the old data that recover keeps.',
} as const;

const returning = {
  id: 'objects-return',
  risk: 'info',
  title: 'objects come back',
  explanation: 'They were deleted after the snapshot.',
  advice: 'Delete again what must not be there.',
} as const;

const changing = {
  id: 'objects-change',
  risk: 'info',
  title: 'objects go back to what they were',
  explanation: 'They were changed after the snapshot; controllers follow what the older state says.',
  advice: '"holdfast objects diff" shows each field.',
} as const;
