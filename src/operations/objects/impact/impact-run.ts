import { type ComparedPair, comparePair, type PairReaders } from './compare-pair.ts';
import { openRules } from './all-rules.ts';
import type { ImpactRisk, ImpactRule, RiskRank, RuleContext, SeenObject } from './impact-rule.ts';
import type { MergedPair } from './merge-sources.ts';

/** What a recovery would do. */
export interface ImpactFindings {
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

/** Takes objects one after the other, and says at the end what follows from them. */
export interface ImpactRun {
  /** Resources whose objects it needs also where they stay the same: `persistentvolumes`. */
  readonly watched: ReadonlySet<string>;
  /** In the order of keys, so that they are told in that order. What is known to stay the same need not come. */
  add(pair: MergedPair): Promise<void>;
  finish(context: RuleContext): Promise<ImpactFindings>;
}

/** Memory grows with the number of objects that differ, not with their size. */
export function startImpact(readers: PairReaders): ImpactRun {
  const rules = openRules();
  const counts = new Counts();
  const watched = new Set(rules.flatMap(({ watches = [] }) => watches));
  const rulesFor = rulesByResource(rules, watched);
  return {
    watched,
    async add(pair) {
      const compared = await comparePair(pair, readers, watched);
      counts.add(compared);
      const { seen } = compared;
      if (seen !== undefined) for (const rule of rulesFor(seen)) rule.see?.(seen);
    },
    async finish(context) {
      const risks: ImpactRisk[] = [];
      for (const rule of rules) risks.push(...(await rule.risks(context)));
      risks.sort((a, b) => ranks.indexOf(a.risk) - ranks.indexOf(b.risk));
      return { ...counts.result(), risks, untold };
    },
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

class Counts {
  readonly #counts = { vanish: 0, return: 0, change: 0, unchanged: 0, onlyNoise: 0, unread: 0 };
  readonly #byResource = new Map<string, { vanish: number; return: number; change: number }>();

  add({ kind, isUnread, resource }: ComparedPair): void {
    this.#counts[kind]++;
    if (kind === 'unchanged' || kind === 'onlyNoise') return;
    if (isUnread) this.#counts.unread++;
    const share = this.#byResource.get(resource) ?? { vanish: 0, return: 0, change: 0 };
    share[kind]++;
    this.#byResource.set(resource, share);
  }

  result(): Pick<ImpactFindings, 'counts' | 'byResource'> {
    const shares = [...this.#byResource].map(([resource, share]) => ({ resource, ...share }));
    const sum = (share: ResourceImpact) => share.vanish + share.return + share.change;
    return { counts: this.#counts, byResource: shares.sort((a, b) => sum(b) - sum(a)) };
  }
}
