/** `snapshot verify`: every check of a file that is known, in one report. */
export { checkNames, type CheckName, type CheckRow, FindingLog, type VerifyCheck } from './check-report.ts';
export {
  verifyOpenSnapshot,
  verifySnapshot,
  type VerifyOptions,
  type VerifyResult,
} from './verify-snapshot.ts';
