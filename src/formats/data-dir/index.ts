/** A member's data dir as a whole: layout, identity, content, and what a restore puts there. */
export { type DataDir, type DataDirFiles, type LogState, openDataDir } from './open-data-dir.ts';
export { databasePath, memberDirectory, snapDirectory, walDirectory } from './layout.ts';
export { clusterIdOf, compareIds, memberIdOf } from './member-id.ts';
export {
  type Membership,
  type MembershipOptions,
  type NewMember,
  parseInitialCluster,
  planMembership,
  type ResolveHost,
} from './membership.ts';
export { hostNameOf, parseServerUrl, parseServerUrls } from './peer-url.ts';
export {
  buildRestorePlan,
  type RestorePlan,
  type RestorePlanOptions,
  type RevisionBump,
} from './restore-plan.ts';
