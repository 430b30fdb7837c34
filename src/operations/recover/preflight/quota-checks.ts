import type { PreflightFinding } from '../recover-options.ts';
import type { PlanCheck } from './checks-input.ts';

/** etcd's own default for `--quota-backend-bytes`. Source: server/storage/quota.go (3.6.14). */
const defaultQuotaBytes = 2n * 1024n ** 3n;

/** A cluster that comes back without room to write comes back broken. */
export const checkQuota: PlanCheck = ({ snapshot, hosts, plan }) => {
  const findings: PreflightFinding[] = [];
  if (snapshot.hasNoSpaceAlarm && !plan.sanitize) {
    findings.push({
      severity: 'fail',
      code: 'alarm-nospace',
      message:
        'a NOSPACE alarm is on in the snapshot: the restored cluster would refuse every write; --sanitize disarms it',
    });
  }
  for (const { host, discovery } of hosts) {
    const given = discovery.etcd?.quotaBackendBytes ?? 0n;
    const quota = given > 0n ? given : defaultQuotaBytes;
    if (BigInt(snapshot.sizeBytes) < quota) continue;
    findings.push({
      severity: 'fail',
      code: 'over-quota',
      host,
      message: `the database has ${snapshot.sizeBytes} bytes, over the quota of ${quota} of etcd here; raise --quota-backend-bytes in its manifest`,
    });
  }
  return findings;
};
