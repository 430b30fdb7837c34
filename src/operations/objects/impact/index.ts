/** `objects impact`: what a full recovery would do to a cluster. */
export type { ImpactRisk, RiskObject, RiskRank } from './impact-rule.ts';
export {
  type ImpactCounts,
  type ObjectImpact,
  objectImpact,
  type ObjectImpactOptions,
  type ResourceImpact,
} from './object-impact.ts';
