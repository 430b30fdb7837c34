/** `recover`: a control plane brought back from a snapshot, as one transaction. */
export type { RecoveryHost } from './host/index.ts';
export type { RecoveryImpact, SnapshotKeys } from './impact/index.ts';
export { type LocalRecoveryOptions, openLocalRecoveryHost } from './local/index.ts';
export { type PendingRecovery, readPendingRecovery } from './journal/index.ts';
export { resumeRecovery, rollBackRecovery } from './pending-recoveries.ts';
export { type Phase, phases, phaseTitles } from './plan/index.ts';
export type { HostPlan, RecoveryPlan } from './plan/index.ts';
export { recoverControlPlane } from './recover-control-plane.ts';
export type { PreflightFinding, PreflightReport, RecoverOptions, RecoverResult } from './recover-options.ts';
export {
  openRemoteRecoveryHost,
  type RemoteRecoveryOptions,
  serveRecoverySession,
  type ServeSessionOptions,
} from './session/index.ts';
