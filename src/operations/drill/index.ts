/** `drill`: a backup brought up in a sandbox, and proved from outside. */
export type { DrillExpectations, DrillOptions } from './drill-options.ts';
export {
  type DrillCheck,
  type DrillCheckName,
  type DrillCheckStatus,
  drillCheckNames,
  type DrillReport,
} from './drill-report.ts';
export { drill } from './run-drill.ts';
