/** What a recovery is going to do, and in which phases. */
export { type Phase, phases, phasesOf, phaseTitles } from './phases.ts';
export type {
  HighWaterSource,
  HostPlan,
  ManifestRole,
  PlannedApiServer,
  PlannedCluster,
  PlannedEtcd,
  PlannedManifest,
  PlannedMember,
  PlannedOwner,
  PlannedRevision,
  PlannedSnapshot,
  PlannedSwap,
  ProcessMark,
  RecoveryPlan,
} from './recovery-plan.ts';
