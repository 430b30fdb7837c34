import type { VerifyCheck } from '../../verify/index.ts';
import type { PreflightFinding } from '../recover-options.ts';

/** The checks of the file itself, one finding each that is not plainly good. */
export function snapshotFindings(checks: readonly VerifyCheck[]): PreflightFinding[] {
  const failed = checks.filter(({ status }) => status === 'fail');
  const warned = checks.filter(({ status }) => status === 'warn');
  return [
    ...failed.map(({ name, summary }) => ({
      severity: 'fail' as const,
      code: `snapshot-${name}`,
      message: `the snapshot is not sound: ${summary}`,
    })),
    ...warned.map(({ name, summary }) => ({
      severity: 'warn' as const,
      code: `snapshot-${name}`,
      message: `the snapshot: ${summary}`,
    })),
    ...(failed.length > 0
      ? []
      : [
          {
            severity: 'ok' as const,
            code: 'snapshot-sound',
            message: `digest, structure and history of the snapshot are sound (${checks.length} checks)`,
          },
        ]),
  ];
}
