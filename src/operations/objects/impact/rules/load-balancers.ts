/** Services whose load balancer outside of the cluster would be left behind. */
import type { JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { listAt, textAt } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function loadBalancersRule(): ImpactRule {
  const objects: RiskObject[] = [];
  return {
    see(seen) {
      const { change, resource, present } = seen;
      if (resource !== 'services' || change !== 'vanishes') return;
      if (textAt(present, 'spec.type') === 'LoadBalancer') objects.push(named(seen, addressOf(present)));
    },
    risks: () => riskOf(orphanedBalancer, objects),
  };
}

function addressOf(service: JsonObject | undefined): string {
  const [first] = listAt(service, 'status.loadBalancer.ingress');
  return textAt(first, 'ip') || textAt(first, 'hostname');
}

const orphanedBalancer = {
  id: 'load-balancer-orphaned',
  risk: 'medium',
  title: 'load balancers outside of the cluster lose their service',
  explanation:
    'The services were made after the snapshot. What was set up for them outside stays, and costs, unknown.',
  advice: 'Note their addresses, and remove them at the provider, or make the services again.',
} as const;
