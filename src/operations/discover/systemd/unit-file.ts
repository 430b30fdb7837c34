/**
 * Text of systemd units and environment files. Source of the facts: systemd.syntax(7), systemd.exec(5),
 * systemd.service(5) of systemd 257.
 */

/** One assignment of a unit, with where it stands. */
export interface UnitAssignment {
  readonly section: string;
  readonly key: string;
  /** Continued lines joined by a space. */
  readonly value: string;
  readonly file: string;
  /** Line of the key, counted from 1. */
  readonly line: number;
}

/** A variable and where it was set. */
export interface LocatedVariable {
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** The assignments of a unit file or a drop-in, in their order. Lines that are none are passed over, as systemd does. */
export function parseUnit(text: string, file: string): UnitAssignment[] {
  const assignments: UnitAssignment[] = [];
  let section = '';
  for (const { text: line, number } of logicalLines(text)) {
    const header = /^\[(.+)\]$/.exec(line);
    if (header !== null) section = header[1]!;
    const equals = line.indexOf('=');
    if (header !== null || equals === -1) continue;
    const [key, value] = [line.slice(0, equals).trimEnd(), line.slice(equals + 1).trim()];
    assignments.push({ section, key, value, file, line: number });
  }
  return assignments;
}

interface NumberedLine {
  readonly text: string;
  readonly number: number;
}

/** A backslash at the end continues a line; a comment between its parts does not end it. */
function logicalLines(text: string): NumberedLine[] {
  const lines: NumberedLine[] = [];
  let open: NumberedLine | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (/^[#;]/.test(line)) continue;
    const isContinued = line.endsWith('\\');
    const part = isContinued ? line.slice(0, -1).trimEnd() : line;
    const whole: NumberedLine =
      open === undefined ? { text: part, number: index + 1 } : { ...open, text: `${open.text} ${part}` };
    open = isContinued ? whole : undefined;
    if (!isContinued && whole.text !== '') lines.push(whole);
  }
  return open === undefined ? lines : [...lines, open];
}

/**
 * Words of a command line or of `Environment=`: separated by blanks, `"…"` and `'…'` hold words together, backslash
 * escapes outside of single quotes.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '\\' && quote !== "'") word = (word ?? '') + (text[++index] ?? '');
    else if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else word = (word ?? '') + character;
  }
  return word === undefined ? words : [...words, word];
}

/** Variables of an `EnvironmentFile`: a value may be quoted as in a shell, and nothing is expanded. */
export function parseEnvironmentFile(text: string, file: string): LocatedVariable[] {
  return logicalLines(text).flatMap(({ text: line, number }) => {
    const equals = line.indexOf('=');
    if (equals === -1) return [];
    const name = line
      .slice(0, equals)
      .trim()
      .replace(/^export\s+/, '');
    const value = line.slice(equals + 1).trim();
    return [{ name, value: unquote(value), file, line: number }];
  });
}

/** Blanks in the middle belong to the value: `A=b c` is `b c`. */
function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(value);
  if (quoted === null) return value.replaceAll(/\\(.)/g, '$1');
  return quoted[1] === "'" ? quoted[2]! : quoted[2]!.replaceAll(/\\(["\\$`])/g, '$1');
}

/** `$NAME` as a word of its own becomes its words, `${NAME}` its value as it is, `$$` a dollar sign. */
export function expandWords(
  words: readonly string[],
  valueOf: (name: string) => string | undefined,
): string[] {
  return words.flatMap((word) => {
    const whole = /^\$([A-Za-z_]\w*)$/.exec(word);
    if (whole !== null) return splitWords(valueOf(whole[1]!) ?? '');
    return [
      word.replaceAll(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (match, name: string | undefined) =>
        match === '$$' ? '$' : (valueOf(name!) ?? ''),
      ),
    ];
  });
}
