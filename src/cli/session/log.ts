/** Log lines in the layout of etcdutl's: time, level, message and fields, separated by tabs. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Clock, fileError, type LogFields, type Logger } from '../../base/index.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogSink {
  /** Lowest level that it takes. */
  readonly level: LogLevel;
  /** @param message what the line says, without time and fields */
  write(line: string, level: LogLevel, message: string): void;
}

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface SessionLog extends Logger {
  error(message: string, fields?: LogFields): void;
}

export function createLog(sinks: readonly LogSink[], clock: Clock): SessionLog {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    const takers = sinks.filter((sink) => rank[level] >= rank[sink.level]);
    if (takers.length === 0) return;
    const line = formatLogLine(clock.now(), level, message, fields);
    for (const sink of takers) sink.write(line, level, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** One line with its line feed. Fields are JSON with a space after each colon and comma. */
export function formatLogLine(
  timeMs: number,
  level: LogLevel,
  message: string,
  fields: LogFields = {},
): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  const columns = [new Date(timeMs).toISOString(), level, message.replace(/[\n\t]+/g, ' ')];
  if (pairs.length > 0)
    columns.push(
      `{${pairs.map(([name, value]) => `${JSON.stringify(name)}: ${formatField(value)}`).join(', ')}}`,
    );
  return `${columns.join('\t')}\n`;
}

function formatField(value: LogFields[string]): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
  return JSON.stringify(value);
}

export interface LogFile extends LogSink, Disposable {}

/** Opens a log file for appending, readable by its owner only. Errors: WRITE_FAILED, FILE_NOT_FOUND, DISK_FULL. */
export function openLogFile(path: string, level: LogLevel): LogFile {
  let fd: number;
  try {
    fd = openSync(path, 'a', 0o600);
  } catch (error) {
    throw fileError(error, 'append to', path);
  }
  return {
    level,
    write(line) {
      try {
        writeSync(fd, line);
      } catch (error) {
        throw fileError(error, 'append to', path);
      }
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
