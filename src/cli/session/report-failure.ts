/** How a failure is told: one sentence, one hint, and the rest only on request. */
import { type ErrorCodeRow, errorCodes, HoldfastError, isHoldfastError } from '../../base/index.ts';
import type { CliStream } from '../command/index.ts';
import { formatGoJson, type GoJson } from '../output/index.ts';

export interface FailureStyle {
  readonly isJson: boolean;
  readonly debug: boolean;
  /** What was to be told before, and only a JSON document still has to tell. */
  readonly warnings?: readonly string[];
}

/** Whatever was thrown as one of our errors: foreign ones are defects of ours. */
export function asHoldfastError(thrown: unknown): HoldfastError {
  if (isHoldfastError(thrown)) return thrown;
  // What failed while a failure was being cleaned up must not hide that failure.
  if (thrown instanceof SuppressedError) return asHoldfastError(thrown.suppressed);
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return new HoldfastError('DEFECT', `this is a defect in holdfast: ${what}`, { cause: thrown });
}

/** Prints the failure on stderr and returns the exit status that belongs to it. */
export function reportFailure(
  error: HoldfastError,
  stderr: CliStream,
  style: FailureStyle,
): ErrorCodeRow['exitStatus'] {
  if (style.isJson) stderr.write(`${formatFailureJson(error, style.warnings)}\n`);
  else stderr.write(formatFailure(error, stderr.isTerminal ? (stderr.columns ?? 80) : undefined));
  if (style.debug) stderr.write(formatDetails(error));
  return error.exitStatus;
}

/** `Error: …` and `hint: …`, wrapped on a terminal only, so that a log keeps one line for each. */
export function formatFailure(error: HoldfastError, columns: number | undefined): string {
  const lines = [wrap('Error: ', error.message, columns)];
  if (error.hint !== '') lines.push(wrap('hint: ', error.hint, columns));
  return `${lines.join('\n')}\n`;
}

function formatFailureJson(
  { code, message, hint, exitStatus }: HoldfastError,
  warnings: readonly string[] = [],
): string {
  const told = warnings.length === 0 ? {} : { warnings };
  return formatGoJson({ error: { code, message, hint, exitStatus, ...told } });
}

function formatDetails(error: HoldfastError): string {
  const lines = [`code: ${error.code} (${errorCodes[error.code].meaning})`];
  const details: Record<string, GoJson> = { ...error.details };
  if (Object.keys(details).length > 0) lines.push(`details: ${formatGoJson(details)}`);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const title = cause === error ? '' : 'caused by: ';
    lines.push(title + (cause.stack ?? cause.message));
  }
  return `${lines.join('\n')}\n`;
}

function wrap(label: string, text: string, columns: number | undefined): string {
  if (columns === undefined || columns < 40) return label + text;
  const lines: string[] = [];
  let line = label.trimEnd();
  for (const word of text.split(' ')) {
    const longer = `${line} ${word}`;
    const isTooLong = longer.length > columns && line.trim() !== label.trim();
    if (isTooLong) lines.push(line);
    line = isTooLong ? `${' '.repeat(label.length)}${word}` : longer;
  }
  return [...lines, line].join('\n');
}
