import type { Finding, OperationContext } from '../../../base/index.ts';
import { type FindingLog, verifySnapshot, type VerifyCheck } from '../../verify/index.ts';
import type { DrillSubject } from './drill-subject.ts';

/**
 * `snapshot verify`, with two differences: a bare database is let pass without a digest, and a key on a lease that does
 * not exist is no backup that comes back whole. Returns the facts, and the SHA-256 of a snapshot.
 *
 * Errors: those of `verifySnapshot`.
 */
export async function checkFile(
  subject: DrillSubject,
  log: FindingLog,
  ctx: OperationContext,
): Promise<{ readonly facts: string; readonly fileSha256: string | undefined }> {
  const { kind, databasePath: path, sizeBytes } = subject;
  const isBare = kind !== 'snapshot' && sizeBytes % 512 === 0;
  const { checks, fileSha256 } = await verifySnapshot({ path, skipDigest: isBare }, ctx);
  for (const check of checks) {
    if (check.name === 'digest' && isBare) noteBare(kind, log);
    else for (const finding of check.findings) addFinding(check, finding, log);
  }
  const words = ['revisions', 'records', 'members'].flatMap(
    (name) => checks.find((check) => check.name === name && check.status === 'ok')?.summary ?? [],
  );
  return { facts: [isBare ? 'no digest' : 'the digest matches', ...words].join('; '), fileSha256 };
}

function noteBare(kind: DrillSubject['kind'], log: FindingLog): void {
  const message = 'there is no digest: damage to a value shows only against --expect-hashkv';
  if (kind === 'data-dir') log.note('no-digest', message);
  else log.warn('no-digest', message);
}

const grave: readonly string[] = ['lease-missing'];

function addFinding({ name }: VerifyCheck, finding: Finding, log: FindingLog): void {
  if (finding.severity === 'ok') return;
  const severity = grave.includes(finding.code) ? 'fail' : finding.severity;
  log.add({ ...finding, severity, message: `${name}: ${finding.message}` });
}
