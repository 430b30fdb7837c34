/** Rights that were taken away since, or changed. */
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

const group = 'rbac.authorization.k8s.io';
const resources = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map(
  (one) => `${one}.${group}`,
);

export function returningAccessRule(): ImpactRule {
  const objects: RiskObject[] = [];
  return {
    see(seen) {
      if (!resources.includes(seen.resource)) return;
      if (seen.change === 'returns') objects.push(named(seen, 'was deleted since'));
      if (seen.change === 'changes') objects.push(named(seen, 'was changed since'));
    },
    risks: () => riskOf(returningAccess, objects),
  };
}

const returningAccess = {
  id: 'access-returns',
  risk: 'medium',
  title: 'roles and bindings go back to what they allowed',
  explanation: 'They were deleted or changed after the snapshot: who lost a right may have it again.',
  advice: 'Go through them ("holdfast objects diff" shows each), and take away again what must not be.',
} as const;
