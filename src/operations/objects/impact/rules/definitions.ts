/** CustomResourceDefinitions that vanish, or serve and store other versions. */
import type { JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { at, listAt, textAt, textOf } from '../../fields/index.ts';
import { type ImpactRule, named, type RiskObject, riskOf, type SeenObject } from '../impact-rule.ts';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';

export function definitionsRule(): ImpactRule {
  const vanishing: SeenName[] = [];
  const dropped: RiskObject[] = [];
  const stored: RiskObject[] = [];
  /** Custom objects that vanish, by their resource. */
  const objects = new Map<string, number>();
  return {
    see(seen) {
      const { change, present, recovered, resource, place } = seen;
      if (change === 'vanishes' && place.origin === 'custom')
        objects.set(resource, (objects.get(resource) ?? 0) + 1);
      if (resource !== definitions) return;
      if (change === 'vanishes') vanishing.push({ resource, place });
      if (present === undefined || recovered === undefined) return;
      const versions = missing(servedVersions(present), servedVersions(recovered));
      if (versions.length > 0) dropped.push(named(seen, `${versions.join(', ')} is not served any more`));
      const [now, then] = [storedText(present), storedText(recovered)];
      if (now !== then) stored.push(named(seen, `now ${now}, then ${then}`));
    },
    risks: () => [
      ...riskOf(
        vanishingDefinition,
        vanishing.map((seen) => named(seen, `${objects.get(seen.place.name) ?? 0} objects vanish with it`)),
      ),
      ...riskOf(droppedVersion, dropped),
      ...riskOf(otherStorage, stored),
    ],
  };
}

type SeenName = Pick<SeenObject, 'resource' | 'place'>;

function servedVersions(definition: JsonObject): string[] {
  return listAt(definition, 'spec.versions')
    .filter((version) => at(version, 'served') === true)
    .map((version) => textAt(version, 'name'));
}

function missing(names: readonly string[], among: readonly string[]): string[] {
  return names.filter((name) => !among.includes(name));
}

/** `v2 (v1, v2)`: the version that is written, and those that objects may be stored in. */
function storedText(definition: JsonObject): string {
  const written = listAt(definition, 'spec.versions').find((version) => at(version, 'storage') === true);
  const versions = listAt(definition, 'status.storedVersions').map(textOf).toSorted();
  return `${textAt(written, 'name')} (${versions.join(', ')})`;
}

const vanishingDefinition = {
  id: 'definition-vanishes',
  risk: 'high',
  title: 'custom resource definitions vanish, with all their objects',
  explanation:
    'They were made after the snapshot. Controllers that are installed for them run on and find neither their definition nor their objects.',
  advice:
    'Install what defines them again after the recovery, then apply the objects ("holdfast objects extract" from the present).',
} as const;

const droppedVersion = {
  id: 'definition-version-dropped',
  risk: 'high',
  title: 'custom resource definitions lose versions that are served now',
  explanation:
    'Controllers and clients that ask for such a version get an error, and the API server cannot read manifests in it.',
  advice: 'Apply the newer definitions right after the recovery, before their controllers start.',
} as const;

const otherStorage = {
  id: 'definition-storage-differs',
  risk: 'medium',
  title: 'custom resource definitions store their objects in other versions',
  explanation:
    'Objects come back as they were stored then. What moved them to the newer version since has to run again.',
  advice: 'Apply the newer definition, then write the objects again (storage version migration).',
} as const;
