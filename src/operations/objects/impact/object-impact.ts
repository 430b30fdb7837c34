import type { OperationContext } from '../../../base/index.ts';
import type { DiffSide } from '../diff/index.ts';
import { type Inspection, type InspectionOptions, openInspection } from '../inspect/index.ts';
import { openRules } from './all-rules.ts';
import { comparePair } from './compare-pair.ts';
import type { ImpactRisk, ImpactRule, RiskRank, SeenObject } from './impact-rule.ts';
import { mergeSources } from './merge-sources.ts';
import { lookUpIn } from './object-lookup.ts';

export interface ObjectImpactOptions {
  /** What a full recovery would bring back. */
  readonly recovered: InspectionOptions;
  /** What there is now. */
  readonly present: InspectionOptions;
  /**
   * Takes an object that was written last at the same revision on both sides for the same, without reading it. Right
   * for a cluster and its own past, and much quicker.
   */
  readonly trustRevisions?: boolean;
}

/** What a recovery would do. */
export interface ObjectImpact {
  readonly present: DiffSide;
  readonly recovered: DiffSide;
  readonly counts: ImpactCounts;
  /** Resources with something that is not the same, those with most of it first. */
  readonly byResource: readonly ResourceImpact[];
  /** Highest rank first. */
  readonly risks: readonly ImpactRisk[];
  /** What cannot be known from here, in sentences. */
  readonly untold: readonly string[];
}

/** Events and leases are in `unchanged` or `onlyNoise`. */
export interface ImpactCounts {
  readonly vanish: number;
  readonly return: number;
  readonly change: number;
  readonly unchanged: number;
  /** Not the same bytes, but nothing in them except what changes by itself. */
  readonly onlyNoise: number;
  /** Could not be read on one side, so that its bytes decided: encrypted or damaged. */
  readonly unread: number;
}

export interface ResourceImpact {
  /** `deployments.apps`. */
  readonly resource: string;
  readonly vanish: number;
  readonly return: number;
  readonly change: number;
}

/**
 * Says what a full recovery to one source would do to the cluster that another one shows. Memory grows with the number
 * of objects that differ, not with their size.
 *
 * Errors: those of opening and reading the sources; INTERRUPTED.
 */
export async function objectImpact(
  options: ObjectImpactOptions,
  ctx: OperationContext,
): Promise<ObjectImpact> {
  await using present = await openInspection(options.present, ctx);
  await using recovered = await openInspection(options.recovered, ctx);
  const rules = openRules();
  const counts = new Counts();
  const watched = new Set(rules.flatMap(({ watches = [] }) => watches));
  const rulesFor = rulesByResource(rules, watched);
  for await (const pair of mergeSources(present.source, recovered.source, ctx)) {
    const trusts = options.trustRevisions === true;
    const outcome = await comparePair(pair, { present, recovered }, { watched, trusts });
    counts.add(outcome);
    if (outcome.seen === undefined) continue;
    for (const rule of rulesFor(outcome.seen)) rule.see?.(outcome.seen);
  }
  const context = {
    present: lookUpIn(present),
    recovered: lookUpIn(recovered),
    hasEncryptionConfig: options.recovered.encryptionConfigFile !== undefined,
  };
  const risks: ImpactRisk[] = [];
  for (const rule of rules) risks.push(...(await rule.risks(context)));
  return {
    present: sideOf(present),
    recovered: sideOf(recovered),
    ...counts.result(),
    risks: risks.sort((a, b) => ranks.indexOf(a.risk) - ranks.indexOf(b.risk)),
    untold,
  };
}

const ranks: readonly RiskRank[] = ['high', 'medium', 'low', 'info'];

const untold: readonly string[] = [
  'Whether tokens that are mounted in pods match the signing key: they are not in etcd.',
  'What happened outside of the cluster since: in databases, at cloud providers, on disks.',
];

/** Objects that stay the same come only to rules that watch their resource, and to none because of their key alone. */
function rulesByResource(
  rules: readonly ImpactRule[],
  watched: ReadonlySet<string>,
): (seen: SeenObject) => readonly ImpactRule[] {
  const watching = new Map(
    [...watched].map((resource) => [resource, rules.filter(({ watches }) => watches?.includes(resource))]),
  );
  return ({ change, resource, recoveredKey, presentKey }) => {
    if (change !== 'same' || recoveredKey !== undefined || presentKey !== undefined) return rules;
    return watching.get(resource) ?? [];
  };
}

function sideOf({ source: { description, revision } }: Inspection): DiffSide {
  return { source: description, revision };
}

class Counts {
  readonly #counts = { vanish: 0, return: 0, change: 0, unchanged: 0, onlyNoise: 0, unread: 0 };
  readonly #byResource = new Map<string, { vanish: number; return: number; change: number }>();

  add({ kind, isUnread, resource }: Awaited<ReturnType<typeof comparePair>>): void {
    this.#counts[kind]++;
    if (kind === 'unchanged' || kind === 'onlyNoise') return;
    if (isUnread) this.#counts.unread++;
    const share = this.#byResource.get(resource) ?? { vanish: 0, return: 0, change: 0 };
    share[kind]++;
    this.#byResource.set(resource, share);
  }

  result(): Pick<ObjectImpact, 'counts' | 'byResource'> {
    const shares = [...this.#byResource].map(([resource, share]) => ({ resource, ...share }));
    const sum = (share: ResourceImpact) => share.vanish + share.return + share.change;
    return { counts: this.#counts, byResource: shares.sort((a, b) => sum(b) - sum(a)) };
  }
}
