/** Nodes that join or leave. */
import { labelsText, objectAt } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function nodesRule(): ImpactRule {
  const leaving: RiskObject[] = [];
  const returning: RiskObject[] = [];
  return {
    see(seen) {
      if (seen.resource !== 'nodes') return;
      if (seen.change === 'vanishes') leaving.push(named(seen, rolesOf(seen.present)));
      if (seen.change === 'returns') returning.push(named(seen, rolesOf(seen.recovered)));
    },
    risks: () => [...riskOf(leavingNode, leaving), ...riskOf(returningNode, returning)],
  };
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf(node: Parameters<typeof objectAt>[0]): string {
  const roles = labelsText(objectAt(node, 'metadata.labels'))
    .split(',')
    .filter((label) => label.startsWith(rolePrefix))
    .map((label) => label.slice(rolePrefix.length).replace(/=.*/, ''));
  return roles.join(', ');
}

const leavingNode = {
  id: 'node-leaves',
  risk: 'medium',
  title: 'nodes are not known any more',
  explanation:
    'They joined after the snapshot. Their kubelets register again when they are restarted, but without labels, taints and cordons that others have set since.',
  advice:
    'Note labels and taints ("holdfast objects extract" with node), restart the kubelet on these nodes after the recovery, and set them again. Cordon first what must not take pods.',
} as const;

const returningNode = {
  id: 'node-returns',
  risk: 'low',
  title: 'nodes come back that have left',
  explanation:
    'Their objects have no machine: they become NotReady, and pods that the snapshot has on them wait until they are evicted.',
  advice: 'Delete the node objects after the recovery: kubectl delete node.',
} as const;
