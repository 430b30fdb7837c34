import type { PreflightFinding } from '../recover-options.ts';
import { checkCertificates } from './certificate-checks.ts';
import type { ChecksInput, PlanCheck } from './checks-input.ts';
import { checkEncryption } from './encryption-checks.ts';
import { checkIdentity, checkMembersCovered } from './identity-checks.ts';
import { checkLedger } from './ledger-checks.ts';
import { checkManifests } from './manifest-checks.ts';
import { checkMembersDiffer } from './member-checks.ts';
import { checkNewDataDir } from './new-data-dir-checks.ts';
import { checkPlace } from './place-checks.ts';
import { checkQuota } from './quota-checks.ts';
import { checkRevision } from './revision-checks.ts';
import { checkVersion } from './version-checks.ts';

const checks: readonly PlanCheck[] = [
  checkIdentity,
  checkMembersDiffer,
  checkMembersCovered,
  checkLedger,
  checkRevision,
  checkVersion,
  checkQuota,
  checkEncryption,
  checkManifests,
  checkPlace,
  checkNewDataDir,
  checkCertificates,
];

/** Everything that can be said for and against a plan. */
export function checkPlan(input: ChecksInput): PreflightFinding[] {
  return checks.flatMap((check) => check(input));
}
