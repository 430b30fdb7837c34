import { HoldfastError } from '../../../base/index.ts';
import type { DrillReport } from '../../../operations/drill/index.ts';
import type { CommandHost, FlagValues } from '../../command/index.ts';
import { drillView, formatDrillPage } from '../../output/views/index.ts';
import { requirePagePlace, writePage } from './page-file.ts';
import type { sandboxFlags } from './sandbox-flags.ts';

type PageFlags = Pick<FlagValues<typeof sandboxFlags>, 'html'>;

/** Before anything is done. Errors: FILE_EXISTS, FILE_NOT_READABLE. */
export async function requirePage({ html }: PageFlags): Promise<void> {
  if (html !== undefined) await requirePagePlace(html);
}

/** Prints the report, and writes the page where one is wanted. Errors: DRILL_FAILED, those of writing the page. */
export async function tellReport(report: DrillReport, { html }: PageFlags, host: CommandHost): Promise<void> {
  host.print(drillView(report));
  if (html !== undefined) await writePage(html, formatDrillPage(report));
  if (report.ok) return;
  const failed = report.checks.filter(({ status }) => status === 'fail');
  const [first] = failed;
  throw new HoldfastError(
    'DRILL_FAILED',
    `the drill of ${report.source} failed at ${failed.map(({ name }) => name).join(', ')}: ${first!.summary}`,
    { details: { path: report.source, checks: failed.map(({ name }) => name) } },
  );
}
