import type { PreflightFinding } from '../recover-options.ts';
import { onEachHost, type PlanCheck } from './checks-input.ts';

const dayMs = 86_400_000;

/** Certificates that etcd and its clients need at the moment when they start. */
export const checkCertificates: PlanCheck = onEachHost(({ discovery }, { nowMs }) =>
  discovery.certificates.flatMap((certificate): Omit<PreflightFinding, 'host'>[] => {
    const { certFile, use, notBeforeMs, notAfterMs, keyMatches } = certificate;
    if (notAfterMs <= nowMs) {
      const when = new Date(notAfterMs).toISOString();
      return [
        { severity: 'fail', code: 'certificate-expired', message: `${certFile} (${use}) expired at ${when}` },
      ];
    }
    if (notBeforeMs > nowMs) {
      const when = new Date(notBeforeMs).toISOString();
      return [
        {
          severity: 'fail',
          code: 'certificate-not-yet',
          message: `${certFile} (${use}) is valid only from ${when}`,
        },
      ];
    }
    if (keyMatches === false)
      return [
        {
          severity: 'fail',
          code: 'certificate-key',
          message: `the key beside ${certFile} (${use}) is of another certificate`,
        },
      ];
    if (notAfterMs - nowMs < 30 * dayMs) {
      const days = Math.floor((notAfterMs - nowMs) / dayMs);
      return [
        { severity: 'warn', code: 'certificate-ends', message: `${certFile} (${use}) ends in ${days} days` },
      ];
    }
    return [];
  }),
);
