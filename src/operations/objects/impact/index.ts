/** `objects impact`: what a full recovery would do to a cluster. */
export type {
  ImpactRisk,
  ObjectLookup,
  ResourceName,
  RiskObject,
  RiskRank,
  RuleContext,
} from './impact-rule.ts';
export {
  type ImpactCounts,
  type ImpactFindings,
  type ImpactRun,
  type ResourceImpact,
  startImpact,
} from './impact-run.ts';
export type { MergedPair, MergedSide } from './merge-sources.ts';
export { type ObjectImpact, objectImpact, type ObjectImpactOptions } from './object-impact.ts';
