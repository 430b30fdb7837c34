export { backupListView, backupView, createdBackupView } from './backup-views.ts';
export { alarmView } from './alarm-view.ts';
export { compactionView } from './compaction-view.ts';
export { defragmentedDataDirView } from './defragmented-data-dir-view.ts';
export { type ClientPaths, discoveryView } from './discovery-view.ts';
export { copiedBackupsView } from './copied-backups-view.ts';
export { drillPageMark, formatDrillPage } from './drill-page.ts';
export { drillView } from './drill-view.ts';
export {
  defragmentView,
  type EndpointHash,
  endpointHashView,
  type EndpointStatus,
  endpointStatusView,
  healthView,
} from './endpoint-views.ts';
export { type KeysInTurn, printKeysInTurn } from './key-answer-view.ts';
export { deleteView, getView, putView, txnView } from './key-value-views.ts';
export {
  leaseGrantView,
  leaseKeepAliveView,
  leaseListView,
  leaseRevokeView,
  leaseTimeToLiveView,
} from './lease-views.ts';
export { memberAddView, memberChangeView, memberListView } from './member-views.ts';
export { fetchedBundleView } from './bundle-view.ts';
export { recordView } from './record-view.ts';
export { repositoryCheckView } from './repository-check-view.ts';
export { pruneView } from './prune-view.ts';
export {
  exportedKeysView,
  importedKeysView,
  keyListView,
  keyView,
  renewedKeysView,
} from './repository-key-views.ts';
export { repositoryStatsView } from './repository-stats-view.ts';
export { rowsView } from './rows-view.ts';
export { forgottenView, verifiedBackupsView } from './upkeep-views.ts';
export { importedBackupView } from './imported-backup-view.ts';
export { importView } from './import-view.ts';
export { storageCheckLine, storageValidationView } from './storage-validation-view.ts';
export { snapshotHashView, snapshotStatusView, verifyView } from './snapshot-views.ts';
export { eventType, watchView } from './watch-view.ts';
export { formatLeaseId } from './etcd-fields.ts';
export { pendingView, planView, recoveryView, showPreflight } from './recover-views.ts';
export { type DiscoveredHost, hostsDiscoveryView } from './hosts-discovery-view.ts';
