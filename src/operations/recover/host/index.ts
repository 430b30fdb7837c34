/** A host as a recovery sees it: what is known of it, and what it is asked. */
export {
  type DataDirPlace,
  type HostFacts,
  isKnown,
  type ManifestFacts,
  type Problem,
} from './host-facts.ts';
export { inspectHost, type InspectOptions } from './inspect-host.ts';
export { isMountPoint } from './mount-point.ts';
export { knownMemberIds } from './known-members.ts';
export type { RecoveryHost, ResumedRecovery } from './recovery-host.ts';
