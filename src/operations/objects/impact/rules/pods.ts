/** Pods that run now and would not be known, and pods that would run again. */
import type { JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { objectAt, textAt } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf } from '../impact-rule.ts';

export function podsRule(): ImpactRule {
  const unknown: RiskObject[] = [];
  const replaced: RiskObject[] = [];
  const returning: RiskObject[] = [];
  return {
    see(seen) {
      if (seen.resource !== 'pods') return;
      const { change, present, recovered } = seen;
      const [runsNow, ranThen] = [runsOnNode(present), runsOnNode(recovered)];
      if (change === 'vanishes' && runsNow) unknown.push(named(seen, nodeOf(present)));
      if (change === 'returns' && ranThen) returning.push(named(seen, nodeOf(recovered)));
      const isOther = textAt(present, 'metadata.uid') !== textAt(recovered, 'metadata.uid');
      if (change === 'changes' && runsNow && recovered !== undefined && isOther)
        replaced.push(named(seen, nodeOf(present)));
    },
    risks: () => [
      ...riskOf(unknownPod, unknown),
      ...riskOf(replacedPod, replaced),
      ...riskOf(returningPod, returning),
    ],
  };
}

/** Written by the kubelet for the static pods of its node: it writes it again. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** A pod that is bound to a node and has not ended. */
function runsOnNode(pod: JsonObject | undefined): boolean {
  if (pod === undefined || textAt(pod, 'spec.nodeName') === '') return false;
  const phase = textAt(pod, 'status.phase');
  const isMirror = objectAt(pod, 'metadata.annotations')[mirrorAnnotation] !== undefined;
  return !isMirror && phase !== 'Succeeded' && phase !== 'Failed';
}

function nodeOf(pod: JsonObject | undefined): string {
  return `on node ${textAt(pod, 'spec.nodeName')}`;
}

const unknownPod = {
  id: 'pod-unknown',
  risk: 'medium',
  title: 'running pods would not be known any more',
  explanation:
    'Their containers go on until the kubelet has listed its pods anew; then it stops them. Until that moment they work, answer and write beside whatever is started in their place.',
  advice:
    'Where two of a kind must not write to the same data, scale them down before the recovery. Restart the kubelets on these nodes after it.',
} as const;

const replacedPod = {
  id: 'pod-replaced',
  risk: 'medium',
  title: 'running pods would be known under another identity',
  explanation:
    'A pod of the same name was made anew since: the kubelet stops the one that runs and starts that of the snapshot.',
  advice: 'Expect a restart of each of them.',
} as const;

const returningPod = {
  id: 'pod-returns',
  risk: 'low',
  title: 'pods come back that have gone',
  explanation:
    'Kubelets start them again where their node is still there; controllers remove those that are too many, and those whose node is gone are evicted.',
  advice:
    'Nothing, for pods of controllers. Look at pods that nobody owns, and at those that must not work twice.',
} as const;
