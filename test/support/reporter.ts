import { relative } from 'node:path';
import { inspect } from 'node:util';

/** The parts that we read of the events that node:test's `run()` emits (Node 24, "Event: 'test:…'"). */
export type TestEvent =
  | { readonly type: 'test:start' | 'test:pass' | 'test:fail'; readonly data: TestEventData }
  | { readonly type: 'test:stdout' | 'test:stderr' | 'test:diagnostic'; readonly data: OutputEventData }
  | { readonly type: 'test:summary'; readonly data: SummaryEventData };

export interface TestEventData {
  readonly name: string;
  readonly nesting: number;
  /** Where the test is written. */
  readonly file?: string | undefined;
  /** The test file that ran it, which may have it from another module. */
  readonly entryFile?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details?: { readonly type?: string | undefined; readonly error?: unknown };
}

export interface OutputEventData {
  readonly file?: string | undefined;
  readonly entryFile?: string | undefined;
  readonly message: string;
}

export interface SummaryEventData {
  readonly file?: string | undefined;
  readonly entryFile?: string | undefined;
  readonly duration_ms: number;
}

/** Counts of a whole run, filled in while the reporter's text is consumed. */
export interface TestTally {
  passed: number;
  failed: number;
  skipped: number;
}

interface FileReport {
  passed: number;
  failed: number;
  skipped: number;
  readonly names: string[];
  readonly notes: string[];
  readonly failures: string[];
  /** What the file printed; shown only when something in it failed. */
  output: string;
}

/**
 * Turns test events into text: one line for each file, failures in full below it, skips with their reasons, and the
 * tally alone on the last line.
 */
export async function* reportTests(
  events: AsyncIterable<TestEvent>,
  tally: TestTally,
  directory = process.cwd(),
): AsyncGenerator<string> {
  const files = new Map<string, FileReport>();
  const failed: string[] = [];
  for await (const event of events) {
    const file = event.data.entryFile ?? event.data.file ?? '';
    if (event.type === 'test:summary') {
      const report = files.get(file);
      // The summary of the whole run names no file, and comes last.
      if (file === '' || report === undefined) continue;
      files.delete(file);
      yield* finishFile(relative(directory, file), report, event.data.duration_ms, tally, failed);
    } else {
      const report = files.get(file) ?? newReport();
      files.set(file, report);
      record(event, report);
    }
  }
  // A file that died before its summary.
  for (const [file, report] of files) {
    if (hasResult(report)) yield* finishFile(relative(directory, file), report, undefined, tally, failed);
  }
  if (failed.length > 0) yield `\nfailed:\n${failed.map((name) => `  ${name}\n`).join('')}`;
  yield `\n${formatTally(tally)}\n`;
}

/** The closing line: `N passed, N failed`, and `, N skipped` when something was. */
export function formatTally(tally: TestTally): string {
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
  return `${tally.passed} passed, ${tally.failed} failed${skipped}`;
}

function newReport(): FileReport {
  return { passed: 0, failed: 0, skipped: 0, names: [], notes: [], failures: [], output: '' };
}

function hasResult(report: FileReport): boolean {
  return report.passed + report.failed + report.skipped > 0;
}

function record(event: Exclude<TestEvent, { type: 'test:summary' }>, report: FileReport): void {
  switch (event.type) {
    case 'test:start':
      report.names.length = event.data.nesting;
      report.names.push(event.data.name);
      return;
    case 'test:pass':
    case 'test:fail':
      recordResult(event.type === 'test:pass', event.data, report);
      return;
    case 'test:stdout':
    case 'test:stderr':
      report.output += event.data.message;
      return;
    case 'test:diagnostic':
      report.output += `${event.data.message}\n`;
      return;
  }
}

function recordResult(passed: boolean, data: TestEventData, report: FileReport): void {
  const name = [...report.names.slice(0, data.nesting), data.name].join(' > ');
  const reason = data.skip ?? data.todo;
  if (reason !== undefined && reason !== false) {
    report.skipped++;
    report.notes.push(`skipped: ${name}${typeof reason === 'string' && reason !== '' ? `: ${reason}` : ''}`);
  } else if (passed) {
    // A suite only holds tests; its outcome is theirs.
    if (data.details?.type !== 'suite') report.passed++;
  } else if (!onlySubtestsFailed(data.details?.error)) {
    report.failed++;
    report.failures.push(`${name}\n${indent(describeError(data.details?.error))}`);
  }
}

/** A parent fails with its children; the children's failures say all there is to say. */
function onlySubtestsFailed(error: unknown): boolean {
  return field(error, 'failureType') === 'subtestsFailed';
}

function describeError(error: unknown): string {
  // node:test wraps what the test threw.
  const cause = field(error, 'cause') ?? error;
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 5, maxStringLength: 20_000 });
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function* finishFile(
  name: string,
  report: FileReport,
  durationMs: number | undefined,
  tally: TestTally,
  failed: string[],
): Generator<string> {
  tally.passed += report.passed;
  tally.failed += report.failed;
  tally.skipped += report.skipped;
  const seconds = durationMs === undefined ? '' : `${(durationMs / 1000).toFixed(1)} s`;
  const mark = report.failed > 0 ? 'FAIL' : 'ok  ';
  yield `${mark}  ${name.padEnd(60)} ${seconds.padStart(8)}  ${formatTally(report)}\n`;
  for (const note of report.notes) yield `      ${note}\n`;
  for (const failure of report.failures) {
    failed.push(`${name}: ${failure.split('\n', 1)[0] ?? ''}`);
    yield `\n${indent(failure)}\n`;
  }
  if (report.failed > 0 && report.output.trim() !== '')
    yield `\n${indent(`printed:\n${report.output.trimEnd()}`)}\n\n`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}
