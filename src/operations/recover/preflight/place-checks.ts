import { isKnown } from '../host/index.ts';
import type { PreflightFinding } from '../recover-options.ts';
import { onEachHost, type PlanCheck } from './checks-input.ts';

/** A host on which fencing can work. */
export const checkPlace: PlanCheck = onEachHost(({ dataDir, canFence, seesProcesses }) => {
  const findings: Omit<PreflightFinding, 'host'>[] = [];
  if (!canFence) {
    findings.push({
      severity: 'fail',
      code: 'cannot-fence',
      message:
        'the manifests dir is a file system of its own: manifests cannot be moved out of it by a rename',
    });
  }
  if (!seesProcesses) {
    findings.push({
      severity: 'fail',
      code: 'processes-unseen',
      message:
        "the host's processes cannot be seen (no /proc): nothing would tell when the old etcd has stopped; in a container, share the host's process namespace and mount its /proc",
    });
  }
  if (dataDir?.content !== undefined && !isKnown(dataDir.content)) {
    findings.push({
      severity: 'warn',
      code: 'old-data-unreadable',
      message: `the old data cannot be read: ${dataDir.content.problem}`,
    });
  }
  return findings;
});
