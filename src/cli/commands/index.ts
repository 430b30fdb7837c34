/** Every command, in the order of the help. */
import { type AnyCommand, type CommandGroup, globalFlags } from '../command/index.ts';
import { backupCreateCommand } from './backup/create.ts';
import { backupCopyCommand } from './backup/copy.ts';
import { backupDrillCommand } from './backup/drill.ts';
import { backupFetchCommand } from './backup/fetch.ts';
import { backupForgetCommand } from './backup/forget.ts';
import { backupImportCommand } from './backup/import.ts';
import { backupListCommand } from './backup/list.ts';
import { backupPinCommand, backupUnpinCommand } from './backup/pin.ts';
import { backupPruneCommand } from './backup/prune.ts';
import { backupShowCommand } from './backup/show.ts';
import { backupVerifyCommand } from './backup/verify.ts';
import { demoCommand } from './demo/demo.ts';
import { configCheckCommand, configShowCommand } from './config/index.ts';
import { discoverCommand } from './discover.ts';
import { drillCommand } from './drill/index.ts';
import { defragCommand } from './endpoint/defrag.ts';
import { endpointHashKvCommand } from './endpoint/hashkv.ts';
import { endpointHealthCommand } from './endpoint/health.ts';
import { endpointStatusCommand } from './endpoint/status.ts';
import {
  keysDiffCommand,
  keysExportCommand,
  keysGetCommand,
  keysHistoryCommand,
  keysListCommand,
} from './keys/index.ts';
import {
  compactionCommand,
  delCommand,
  getCommand,
  putCommand,
  txnCommand,
  watchCommand,
} from './kv/index.ts';
import { leaseGrantCommand } from './lease/grant.ts';
import { leaseKeepAliveCommand } from './lease/keep-alive.ts';
import { leaseListCommand } from './lease/list.ts';
import { leaseRevokeCommand } from './lease/revoke.ts';
import { leaseTimeToLiveCommand } from './lease/time-to-live.ts';
import { alarmDisarmCommand } from './alarm/disarm.ts';
import { alarmListCommand } from './alarm/list.ts';
import { memberAddCommand } from './member/add.ts';
import { memberListCommand } from './member/list.ts';
import { memberPromoteCommand } from './member/promote.ts';
import { memberRemoveCommand } from './member/remove.ts';
import { memberUpdateCommand } from './member/update.ts';
import { hostSessionCommand } from './hosts/index.ts';
import { objectsDiffCommand } from './objects/diff.ts';
import { objectsExtractCommand } from './objects/extract.ts';
import { objectsHistoryCommand } from './objects/history.ts';
import { objectsGetCommand } from './objects/get.ts';
import { objectsImpactCommand } from './objects/impact.ts';
import { objectsListCommand } from './objects/list.ts';
import { objectsRestoreCommand } from './objects/restore.ts';
import { objectsStatsCommand } from './objects/stats.ts';
import { recoverCommand } from './recover/recover.ts';
import {
  repoCheckCommand,
  repoInitCommand,
  repoKeyAddCommand,
  repoKeyExportCommand,
  repoKeyImportCommand,
  repoKeyListCommand,
  repoKeyPasswdCommand,
  repoKeyRemoveCommand,
  repoKeyRotateCommand,
  repoStatsCommand,
  repoValidateCommand,
} from './repo/index.ts';
import { serveCommand } from './serve.ts';
import { snapshotHashKvCommand } from './snapshot/hashkv.ts';
import { snapshotImportCommand } from './snapshot/import.ts';
import { snapshotRestoreCommand } from './snapshot/restore.ts';
import { snapshotSaveCommand } from './snapshot/save.ts';
import { snapshotStatusCommand } from './snapshot/status.ts';
import { snapshotVerifyCommand } from './snapshot/verify.ts';
import { versionCommand } from './version.ts';

const groups: readonly CommandGroup[] = [
  { path: ['snapshot'], summary: 'save, inspect, verify and restore snapshots' },
  { path: ['backup'], summary: 'backups in a repository: made, listed, verified, fetched, forgotten' },
  { path: ['repo'], summary: 'repositories, where backups live' },
  { path: ['repo', 'key'], summary: 'what opens a repository: passphrases, key files, age recipients' },
  { path: ['objects'], summary: 'Kubernetes objects in a snapshot, a data dir or a live etcd' },
  { path: ['keys'], summary: 'plain keys in a snapshot, a data dir or a live etcd' },
  { path: ['endpoint'], summary: 'health, status and hash of the endpoints of a live cluster' },
  { path: ['member'], summary: 'list, add, update, promote and remove members' },
  { path: ['lease'], summary: 'grant, renew, inspect and revoke leases' },
  { path: ['config'], summary: 'show and check the settings of holdfast.yaml' },
  { path: ['alarm'], summary: 'list and disarm alarms' },
];

const commands: readonly AnyCommand[] = [
  snapshotSaveCommand,
  snapshotStatusCommand,
  snapshotVerifyCommand,
  snapshotRestoreCommand,
  snapshotHashKvCommand,
  snapshotImportCommand,
  backupCreateCommand,
  backupListCommand,
  backupShowCommand,
  backupFetchCommand,
  backupVerifyCommand,
  backupDrillCommand,
  backupCopyCommand,
  backupImportCommand,
  backupForgetCommand,
  backupPruneCommand,
  backupPinCommand,
  backupUnpinCommand,
  repoInitCommand,
  repoValidateCommand,
  repoCheckCommand,
  repoStatsCommand,
  repoKeyListCommand,
  repoKeyAddCommand,
  repoKeyRemoveCommand,
  repoKeyPasswdCommand,
  repoKeyRotateCommand,
  repoKeyExportCommand,
  repoKeyImportCommand,
  discoverCommand,
  recoverCommand,
  serveCommand,
  drillCommand,
  demoCommand,
  objectsListCommand,
  objectsGetCommand,
  objectsHistoryCommand,
  objectsDiffCommand,
  objectsImpactCommand,
  objectsStatsCommand,
  objectsExtractCommand,
  objectsRestoreCommand,
  keysListCommand,
  keysGetCommand,
  keysHistoryCommand,
  keysDiffCommand,
  keysExportCommand,
  endpointHealthCommand,
  endpointStatusCommand,
  endpointHashKvCommand,
  memberListCommand,
  memberAddCommand,
  memberUpdateCommand,
  memberPromoteCommand,
  memberRemoveCommand,
  leaseGrantCommand,
  leaseRevokeCommand,
  leaseTimeToLiveCommand,
  leaseListCommand,
  leaseKeepAliveCommand,
  alarmListCommand,
  alarmDisarmCommand,
  getCommand,
  putCommand,
  delCommand,
  txnCommand,
  watchCommand,
  compactionCommand,
  defragCommand,
  configShowCommand,
  configCheckCommand,
  versionCommand,
  hostSessionCommand,
];

export const commandSurface = {
  name: 'holdfast',
  summary: 'Backup and restore for etcd and the Kubernetes control planes that live in it.',
  commands,
  groups,
  globalFlags,
};
