import { isKnown } from '../host/index.ts';
import type { PreflightFinding } from '../recover-options.ts';
import { onEachHost, type PlanCheck } from './checks-input.ts';

/** The log that etcd allocates at once, and some pages. Source: server/storage/wal/wal.go (3.6.14). */
const walBytes = 64_000_000;

/** Room for the restored data, and a host on which fencing can work. */
export const checkPlace: PlanCheck = onEachHost(({ dataDir, canFence, seesProcesses }, { snapshot }) => {
  const findings: Omit<PreflightFinding, 'host'>[] = [];
  const needed = Math.ceil(snapshot.sizeBytes * 1.05) + walBytes;
  if (dataDir !== undefined && dataDir.freeBytes < needed) {
    findings.push({
      severity: 'fail',
      code: 'no-space',
      message: `${dataDir.freeBytes} bytes are free at ${dataDir.path}, ${needed} are needed`,
    });
  }
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
