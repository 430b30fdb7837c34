import { parseYaml } from '../yaml/index.ts';
import type { DataDirEdit, ManifestEdit } from './data-dir-edit.ts';
import { type DataDirPlan, planDataDirEdit } from './plan-data-dir-edit.ts';
import { refuseEdit } from './refuse.ts';
import { spliceText } from './splice.ts';
import { locateDataDir } from './locate-data-dir.ts';
import { parseStaticPod } from '../static-pod/index.ts';

/**
 * Points an etcd manifest to another data dir: the hostPath of its volume and, where host and container use the same
 * path, the mount's path and `--data-dir` (or `ETCD_DATA_DIR`) with it. Comments, order, quotes, line ends and every
 * other byte stay.
 *
 * Errors: MANIFEST_EDIT_REFUSED when etcd would not find its data dir afterwards, or when anything else would change
 * or see another directory; CONFIG_FILE_INVALID when the text is no Pod.
 */
export function editDataDir(text: string, edit: DataDirEdit): ManifestEdit {
  const plan = planDataDirEdit(text, edit);
  const root = parseYaml(text, edit.path);
  const { text: edited, splices } = spliceText(text, root, edit.path, plan.changes);
  checkResult(edited, edit, plan);
  const changes = plan.changes.map(({ what, from, to }, i) => ({ line: splices[i]!.line, what, from, to }));
  const lines = new Set(changes.map(({ line }) => line));
  return { text: edited, changes, changedLines: [...lines].sort((a, b) => a - b) };
}

/** Reads the new manifest as if it were found: etcd must run on the new data dir. */
function checkResult(text: string, edit: DataDirEdit, plan: DataDirPlan): void {
  const found = locateDataDir(parseStaticPod(text, edit.path));
  if (found.hostPath !== plan.hostTo || found.containerPath !== plan.containerTo) {
    throw refuseEdit(edit.path, `the edited manifest would run etcd on ${found.hostPath}`);
  }
}
