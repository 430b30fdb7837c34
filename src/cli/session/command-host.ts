import { type OperationContext, type OperationEvent, systemClock } from '../../base/index.ts';
import {
  type AnyCommand,
  type CliIo,
  type CommandHost,
  type GlobalValues,
  usageError,
} from '../command/index.ts';
import { foldLine, type Output, printView, type WriteOut, writeOuts } from '../output/index.ts';
import { readClientOptions } from './client-options.ts';
import { type FoundEndpoints, type Surroundings, withFoundEndpoints } from './found-endpoints.ts';
import { HeldLines } from './held-lines.ts';
import { createLog, type LogFile, type LogLevel, openLogFile, type SessionLog } from './log.ts';
import { createProgress, type Progress, progressMode } from './progress.ts';

export interface Session extends Disposable {
  readonly host: CommandHost;
  readonly log: SessionLog;
  /** What users call files that were made for the command, by their paths. */
  readonly names: Map<string, string>;
  /** The log file alone: for what the terminal is told in other words. */
  readonly fileLog: SessionLog;
  /** Takes the progress bar away before something else is printed. */
  clearProgress(): void;
  /** Writes the lines that waited for the command to succeed. */
  releaseLines(): void;
  /** What waited and has to be told in the document of a failure. */
  takeWarnings(): readonly string[];
}

export interface SessionOptions {
  readonly command: AnyCommand;
  readonly globals: GlobalValues;
  readonly given: ReadonlySet<string>;
  readonly runLine: CommandHost['runLine'];
  readonly origin: CommandHost['origin'];
  readonly configPath: string | undefined;
}

/** Everything that a command works with, from the global flags. Errors: WRITE_FAILED for the log file. */
export function openSession(options: SessionOptions, io: CliIo): Session {
  const { command, globals, given, runLine, origin, configPath } = options;
  const format = writeOutOf(globals['write-out']);
  const { progress, say, sayNow, lines } = standardError(options, format, io);
  const file = openFile(globals);
  const fileSinks = file === undefined ? [] : [file];
  const log = createLog([terminalSink(command, globals, io, progress, lines), ...fileSinks], systemClock);
  const warn = warnOnce(log);
  const ctx: OperationContext = {
    signal: io.signal,
    log: { ...log, warn },
    clock: systemClock,
    events: (event) => onEvent(event, progress, warn),
  };
  const out = standardOutput(io, progress, lines, command.isReport === true && format === 'simple');
  const root = globals.root ?? io.root ?? '/';
  const note = (line: string) => {
    if (!globals.quiet) lines.add(`${line}\n`);
  };
  const names = new Map<string, string>();
  const etcd = etcdOf(options, io, { root, ctx, say: note });
  const host: CommandHost = {
    io,
    globals,
    format,
    ctx,
    out,
    given: (flag) => given.has(flag),
    print: (view) => printView(view, format, out),
    say,
    sayNow,
    root,
    nameOf: (path) => names.get(path) ?? path,
    origin,
    configPath,
    clientOptions: etcd.clientOptions,
    foundEtcd: etcd.found,
    runLine,
    async connect() {
      const { openEtcdClient } = await import('../../etcd/index.ts');
      return openEtcdClient({ ...(await etcd.clientOptions()), log });
    },
  };
  return {
    host,
    log,
    names,
    fileLog: createLog(fileSinks, systemClock),
    clearProgress: () => progress.clear(),
    releaseLines: () => lines.release(),
    takeWarnings: () => lines.takeTold(),
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}

/** The etcd that was named, or is found on this host. */
function etcdOf({ globals, given }: SessionOptions, io: CliIo, surroundings: Surroundings) {
  let found: FoundEndpoints['etcd'];
  const clientOptions = async () => {
    const asked = await readClientOptions(globals, given, io);
    const { client, etcd } = given.has('endpoints')
      ? { client: asked }
      : await withFoundEndpoints(asked, surroundings);
    found = etcd;
    const { log } = surroundings.ctx;
    log.debug('endpoints', { endpoints: client.endpoints, given: given.has('endpoints') });
    return client;
  };
  return { clientOptions, found: () => found };
}

function writeOutOf(text: string): WriteOut {
  const format = writeOuts.find((known) => known === text);
  if (format === undefined) throw usageError(`unsupported output format ${text}`);
  return format;
}

function openFile(globals: GlobalValues): LogFile | undefined {
  const path = globals['log-file'];
  return path === undefined ? undefined : openLogFile(path, globals.debug ? 'debug' : 'info');
}

/** Step lines go to stdout for the commands that say so, unless a JSON document is to stand there alone. */
function terminalSink(
  command: AnyCommand,
  globals: GlobalValues,
  io: CliIo,
  progress: Progress,
  lines: HeldLines,
) {
  const toStdout = command.steps === 'stdout' && globals['write-out'] === 'simple';
  const stream = toStdout ? io.stdout : io.stderr;
  const usual = command.steps === 'log-file' ? 'warn' : 'info';
  const level = globals.quiet ? 'warn' : globals.debug ? 'debug' : usual;
  return {
    level,
    write(line: string, lineLevel: LogLevel, message: string) {
      if (!toStdout && lineLevel === 'info') lines.add(line);
      else if (!toStdout && lineLevel === 'warn') lines.tell(line, message);
      else {
        progress.clear();
        stream.write(line);
      }
    },
  } as const;
}

function onEvent(event: OperationEvent, progress: Progress, warn: SessionLog['warn']): void {
  if (event.type === 'warning') warn(event.message, { code: event.code });
  else progress.event(event);
}

/** A warning that is logged and emitted is one warning. */
function warnOnce(log: SessionLog): SessionLog['warn'] {
  const told = new Set<string>();
  return (message, fields) => {
    if (told.has(message)) return;
    told.add(message);
    log.warn(message, fields);
  };
}

function standardError({ command, globals }: SessionOptions, format: WriteOut, { stderr }: CliIo) {
  const isForPrograms = format === 'json' && !globals.debug;
  const isParsed = isForPrograms && !stderr.isTerminal;
  const mode = globals.quiet ? 'none' : progressMode(globals.progress, stderr.isTerminal, isParsed);
  const progress = createProgress(mode, stderr, systemClock);
  const write = (line: string) => {
    progress.clear();
    stderr.write(line);
  };
  // A command that runs until Ctrl-C has no document at its end that its messages could wait for.
  const holding = { notes: isForPrograms, warnings: isParsed && command.endsByInterrupt !== true };
  const lines = new HeldLines(holding, write);
  return {
    progress,
    say: (line: string) => lines.tell(`${line}\n`, line),
    sayNow: (line: string) => write(`${line}\n`),
    lines,
  };
}

function standardOutput(io: CliIo, progress: Progress, lines: HeldLines, isReport: boolean): Output {
  const columns = isReport ? io.stdout.columns : undefined;
  return {
    line(text) {
      lines.resultBegins();
      progress.clear();
      for (const part of columns === undefined ? [text] : foldLine(text, columns))
        io.stdout.write(`${part}\n`);
    },
    bytes(bytes) {
      lines.resultBegins();
      progress.clear();
      io.stdout.write(bytes);
    },
  };
}
