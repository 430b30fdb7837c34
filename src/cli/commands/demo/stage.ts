import { HoldfastError, throwIfInterrupted } from '../../../base/index.ts';
import type { DemoProof, DemoStage } from '../../../operations/demo/index.ts';
import type { CliIo, CliStream, CommandHost } from '../../command/index.ts';
import { foldLine, shellWord, wrapWords } from '../../output/index.ts';
import { cutRow } from './lay-out-text.ts';

const indent = '   ';
/** Lines of prose are no longer than this, however wide the terminal is. */
const widestProse = 96;
const narrowest = 60;

/** Shows nothing and runs everything. */
export function silentStage(host: CommandHost): DemoStage {
  const nothing = () => {};
  return {
    title: nothing,
    step: nothing,
    say: nothing,
    byHand: nothing,
    command: nothing,
    proof: nothing,
    run: (words) => runInside(host, words, nothing),
    pause: () => Promise.resolve(),
  };
}

/** Tells the story on standard output: in colours and cut to its width on a terminal, as plain lines elsewhere. */
export function terminalStage(host: CommandHost, { step: waits }: { readonly step: boolean }): DemoStage {
  const { io, out } = host;
  const { bold, dim, green, red } = paint(io);
  const columns = io.stdout.columns === undefined ? undefined : Math.max(narrowest, io.stdout.columns);
  const proseWidth = Math.min(columns ?? widestProse, widestProse) - indent.length;
  const outputWidth = columns === undefined ? Infinity : columns - indent.length;
  let number = 0;
  const prose = (text: string, style = (line: string) => line) => {
    for (const line of wrapWords(text, proseWidth)) out.line(`${indent}${style(line)}`);
  };
  const command = (line: string) => {
    const parts = wrapWords(line, proseWidth - 6);
    for (const [index, part] of parts.entries()) {
      const goesOn = index < parts.length - 1 ? ' \\' : '';
      out.line(`${indent}${index === 0 ? dim('$ ') : '    '}${bold(part + goesOn)}`);
    }
  };
  return {
    title(text) {
      out.line(bold(text));
    },
    step(title) {
      number++;
      out.line('');
      out.line(bold(`${number}  ${title}`));
    },
    say: (text) => prose(text),
    byHand: (text) => prose(`By hand: ${text}`, dim),
    command,
    async run(words, rows) {
      command(['holdfast', ...words].map(shellWord).join(' '));
      const count = { shown: 0, leftOut: 0 };
      const printed = await runInside(host, words, (line) => {
        if (rows !== undefined && !rows.test(line)) {
          count.leftOut++;
          return;
        }
        count.shown++;
        const shown = rows === undefined ? foldLine(line, outputWidth) : [cutRow(line, outputWidth)];
        for (const each of shown) out.line(dim(`${indent}${each}`.trimEnd()));
      });
      if (count.shown > 0 && count.leftOut > 0) {
        out.line(dim(`${indent}… and ${count.leftOut} more lines`));
      }
      return printed;
    },
    proof(rows) {
      out.line('');
      for (const line of proofLines(rows, { dim, green, red })) out.line(`${indent}${line}`);
    },
    async pause() {
      if (!waits) return;
      io.stdout.write(`\n${indent}${dim('press a key')}`);
      await io.awaitKey?.().finally(() => io.stdout.write('\r\x1b[K\x1b[A'));
    },
  };
}

type Paint = (text: string) => string;

/** Colours where a terminal shows them. Source: no-color.org, force-color.org. */
function paint({ stdout, env }: CliIo): Readonly<Record<'bold' | 'dim' | 'green' | 'red', Paint>> {
  const isForced = (env['FORCE_COLOR'] ?? '') !== '';
  const isOn = isForced || (stdout.isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb');
  const style =
    (on: number, off: number): Paint =>
    (text) =>
      isOn ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39), red: style(31, 39) };
}

/**
 * Runs a command line in this process, as if it had been typed with nothing in the environment.
 * @param onLine told each line of its standard output as soon as it is there
 */
async function runInside(
  host: CommandHost,
  words: readonly string[],
  onLine: (line: string) => void,
): Promise<string> {
  const { io } = host;
  const stdout = new LineStream(onLine);
  const stderr = new LineStream((line) => {
    if (!isRecord.test(line)) onLine(line);
  });
  const status = await host.runLine(['--progress', 'none', ...words], {
    stdin: { isTerminal: false, [Symbol.asyncIterator]: noInput },
    stdout,
    stderr,
    env: {},
    signal: io.signal,
    isOutputGone: false,
    askSecret: undefined,
  });
  stdout.end();
  stderr.end();
  throwIfInterrupted(io.signal);
  if (status === 0) return stdout.text;
  const reason = /^Error: (.*)$/m.exec(stderr.text)?.[1] ?? stderr.text.trim();
  throw new HoldfastError('COMMAND_FAILED', `holdfast ${words.map(shellWord).join(' ')}: ${reason}`);
}

/** What a command notes down about its work, where it found etcd, and how it failed: the story tells that itself. */
const isRecord = /^(\d{4}-\d\d-\d\dT|Using https:|Error: |hint: )/;

async function* noInput(): AsyncGenerator<Uint8Array> {}

/** Keeps what is written, and tells it line by line. */
class LineStream implements CliStream {
  readonly isTerminal = false;
  readonly columns = undefined;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #begun = '';
  text = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: string | Uint8Array): void {
    const added = typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true });
    this.text += added;
    const lines = (this.#begun + added).split('\n');
    this.#begun = lines.pop()!;
    for (const line of lines) this.#onLine(line);
  }

  send(bytes: Uint8Array): Promise<void> {
    this.write(bytes);
    return Promise.resolve();
  }

  end(): void {
    if (this.#begun !== '') this.#onLine(this.#begun);
    this.#begun = '';
  }
}

function proofLines(
  rows: readonly DemoProof[],
  { dim, green, red }: Readonly<Record<'dim' | 'green' | 'red', Paint>>,
): string[] {
  const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const what = width(rows.map((row) => row.what));
  const first = width(['in the backup', ...rows.map(({ inBackup }) => inBackup)]);
  const header = `  ${''.padEnd(what)}  ${'in the backup'.padStart(first)}  in the cluster`;
  const second = 'in the cluster'.length;
  return [
    dim(header),
    ...rows.map((row) => {
      const mark = row.inBackup === row.inCluster ? green('✔') : red('✘');
      return `${mark} ${row.what.padEnd(what)}  ${row.inBackup.padStart(first)}  ${row.inCluster.padStart(second)}`;
    }),
  ];
}
