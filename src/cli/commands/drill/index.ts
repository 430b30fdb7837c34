/** The drill of a file, and what that of a backup has in common with it. */
export { drillCommand } from './drill.ts';
export { sandboxFlags, sandboxOptions } from './sandbox-flags.ts';
export { requirePage, tellReport } from './tell-report.ts';
