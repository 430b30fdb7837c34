/** Secrets whose content goes back. */
import { isSame, objectAt, textAt } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function olderSecretsRule(): ImpactRule {
  const objects: RiskObject[] = [];
  return {
    see(seen) {
      const { change, resource, present, recovered } = seen;
      if (resource !== 'secrets' || change !== 'changes') return;
      // Encrypted anew is not yet another content.
      if (present === undefined || recovered === undefined) return;
      if (isSame(objectAt(present, 'data'), objectAt(recovered, 'data'))) return;
      objects.push(named(seen, textAt(recovered, 'type')));
    },
    risks: () => riskOf(olderSecret, objects),
  };
}

const olderSecret = {
  id: 'secret-older',
  risk: 'medium',
  title: 'Secrets go back to older content',
  explanation:
    'Passwords, keys and certificates that were replaced since are the old ones again, here, but not where they are checked.',
  advice:
    'Find out which were rotated, and put the present ones back ("holdfast objects extract --include-secrets").',
} as const;
