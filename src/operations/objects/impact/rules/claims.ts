/** Claims: which volume they would be bound to. */
import type { JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { textAt } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf, type SeenObject } from '../impact-rule.ts';

interface Claim {
  readonly object: RiskObject;
  readonly volume: string;
}

export function claimsRule(): ImpactRule {
  const volumes = new Map<string, JsonObject | undefined>();
  const rebound: RiskObject[] = [];
  const bound: Claim[] = [];
  const vanishing: Claim[] = [];
  const see = (seen: SeenObject) => {
    const { change, present, recovered } = seen;
    if (seen.resource === 'persistentvolumes') {
      if (change !== 'vanishes') volumes.set(seen.place.name, recovered);
      return;
    }
    const [now, then] = [textAt(present, 'spec.volumeName'), textAt(recovered, 'spec.volumeName')];
    if (present === undefined || recovered === undefined) {
      if (change === 'vanishes' && now !== '') vanishing.push({ object: named(seen), volume: now });
    } else if (now !== then && now !== '') {
      rebound.push(named(seen, `now ${now}, then ${then === '' ? 'none' : then}`));
    }
    if (recovered !== undefined && then !== '') bound.push({ object: named(seen), volume: then });
  };
  return {
    watches: ['persistentvolumes', 'persistentvolumeclaims'],
    see(seen) {
      if (seen.resource === 'persistentvolumes' || seen.resource === 'persistentvolumeclaims') see(seen);
    },
    risks: () => [
      ...riskOf(
        lostClaim,
        bound
          .filter(({ volume }) => !volumes.has(volume))
          .map(({ object, volume }) => withNote(object, volume)),
      ),
      ...riskOf(reboundClaim, rebound),
      ...riskOf(
        vanishingClaim,
        vanishing.map(({ object, volume }) => withNote(object, `${volume}, ${fateOf(volume, volumes)}`)),
      ),
    ],
  };
}

function withNote(object: RiskObject, note: string): RiskObject {
  return { ...object, note: `volume ${note}` };
}

function fateOf(name: string, volumes: ReadonlyMap<string, JsonObject | undefined>): string {
  if (!volumes.has(name)) return 'whose object vanishes too';
  const volume = volumes.get(name);
  const claim = textAt(volume, 'spec.claimRef.name');
  if (claim === '') return 'which is free again for any claim';
  return `${textAt(volume, 'status.phase').toLowerCase()} in the snapshot, of ${textAt(volume, 'spec.claimRef.namespace')}/${claim}`;
}

const lostClaim = {
  id: 'claim-lost',
  risk: 'high',
  title: 'claims would be bound to volumes that the snapshot does not have',
  explanation: 'The controllers mark such a claim as lost, and pods that use it do not start.',
  advice: 'Keep the volume objects ("holdfast objects extract") and apply them after the recovery.',
} as const;

const reboundClaim = {
  id: 'claim-rebound',
  risk: 'high',
  title: 'claims go back to another volume, or to none',
  explanation:
    'A claim without a volume is given a new, empty one: the application starts without its data, while the data lies in a volume that nothing names.',
  advice:
    'Before the recovery set the reclaim policy of the present volumes to Retain and note which claim uses which. Afterwards stop the applications before their claims are bound.',
} as const;

const vanishingClaim = {
  id: 'claim-vanishes',
  risk: 'medium',
  title: 'claims vanish that are bound to a volume now',
  explanation: 'They were made after the snapshot. Their data stays, but no pod can ask for it by that name.',
  advice:
    'Keep the claims with their volumes ("holdfast objects extract") if their data matters, and apply both after the recovery.',
} as const;
