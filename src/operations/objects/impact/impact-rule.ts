/** What a rule of the impact sees, and what it says. */
import type { JsonObject, StorageKey } from '../../../formats/kubernetes-object/index.ts';

/** How much a risk asks of whoever recovers. `info` asks nothing. */
export type RiskRank = 'high' | 'medium' | 'low' | 'info';

/** Something that a recovery would bring about. */
export interface ImpactRisk {
  /** `volume-orphaned`. */
  readonly id: string;
  readonly risk: RiskRank;
  /** What happens to the objects, in a few words: `volumes lose their object, their data stays`. */
  readonly title: string;
  readonly explanation: string;
  /** What to do about it. */
  readonly advice: string;
  /** In the order of storage paths, namespaces and names. Never empty. */
  readonly objects: readonly RiskObject[];
}

export interface RiskObject {
  /** `persistentvolumes`, `deployments.apps`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
  /** What else one needs to know of it. Never a text of a Secret. */
  readonly note?: string;
}

/** An object that is not the same after a recovery, or that a rule watches. */
export interface SeenObject {
  readonly place: StorageKey;
  /** `persistentvolumes`, `deployments.apps`. */
  readonly resource: string;
  /** `same` also where nothing but noise differs. */
  readonly change: 'vanishes' | 'returns' | 'changes' | 'same';
  /** As it is now. Absent where it is not, or cannot be read. */
  readonly present: JsonObject | undefined;
  /** As it would be. Absent likewise. */
  readonly recovered: JsonObject | undefined;
  /** What its present value is encrypted with. */
  readonly presentKey: KeyUse | undefined;
  /** What its recovered value is encrypted with. */
  readonly recoveredKey: KeyUse | undefined;
}

/** The key that an encrypted value wants. */
export interface KeyUse {
  /** `aescbc v1, key "key1"`. */
  readonly wants: string;
  /** `plugin`: its key is in a KMS, which was not asked or did not answer. */
  readonly state: 'readable' | 'unreadable' | 'plugin';
}

/** Gives objects of one side to a rule that has seen all others. */
export interface ObjectLookup {
  find(resource: ResourceName, namespace: string | undefined, name: string): Promise<JsonObject | undefined>;
  /** What can be read of a resource; memory does not grow with them. */
  list(resource: ResourceName, namespace?: string): AsyncIterable<JsonObject>;
}

export interface ResourceName {
  readonly group: string;
  /** Plural name. */
  readonly resource: string;
}

export interface RuleContext {
  readonly present: ObjectLookup;
  readonly recovered: ObjectLookup;
  /** Whether the API server's EncryptionConfiguration was given. */
  readonly hasEncryptionConfig: boolean;
}

/** Looks at the objects one after the other and says at the end what is to be said. */
export interface ImpactRule {
  /** Resources that it wants to see also where they stay the same: `persistentvolumes`. */
  readonly watches?: readonly string[];
  see?(object: SeenObject): void;
  risks(context: RuleContext): Promise<readonly ImpactRisk[]> | readonly ImpactRisk[];
}

/** A rule has a memory, so that each run has its own. */
export type OpenImpactRule = () => ImpactRule;

/** The object as a risk names it. */
export function named(
  { resource, place }: Pick<SeenObject, 'resource' | 'place'>,
  note?: string,
): RiskObject {
  const { namespace, name } = place;
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(note === undefined || note === '' ? {} : { note }),
  };
}

/** The risk, unless it is of nothing. */
export function riskOf(
  facts: Omit<ImpactRisk, 'objects'>,
  objects: readonly RiskObject[],
): readonly ImpactRisk[] {
  return objects.length === 0 ? [] : [{ ...facts, objects }];
}
