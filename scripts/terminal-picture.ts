/**
 * Draws a terminal session as an SVG: text with ANSI styles on stdin, the picture on stdout.
 *
 *   node scripts/terminal-picture.ts [SECTIONS [FIRST LAST]...] < session > picture.svg
 *
 * SECTIONS picks the numbered sections, `2-6`. Of the lines from one that matches FIRST to one that matches LAST an
 * ellipsis is left. The picture in the README is real output:
 *
 *   script -qec 'stty cols 112; npm run --silent demo' /dev/null |
 *     node scripts/terminal-picture.ts 3-7 'ok    structure' 'ok    versions' ' On ' 'from the ledger' > docs/demo.svg
 */
import { text } from 'node:stream/consumers';

const columns = 112;
const cellWidth = 8.4;
const lineHeight = 19;
const margin = 18;
const barHeight = 30;

const colours: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '36': '#79c0ff',
};

interface Style {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly colour: string | undefined;
}

const plain: Style = { bold: false, dim: false, colour: undefined };

/** Sections start with a line `N  Title`; keeps those from first to last, and what follows the last one. */
function pickSections(session: string, range: string): string[] {
  const [first, last] = range.split('-').map(Number);
  let section = 0;
  return session.split('\n').filter((line) => {
    const heading = /^(?:\x1b\[[\d;]*m)*(\d+) {2}\S/.exec(line);
    if (heading !== null) section = Number(heading[1]);
    return section >= first! && section <= last!;
  });
}

/** Puts an ellipsis in place of the lines from each first to each last pattern. */
function leaveOut(lines: readonly string[], patterns: readonly string[]): string[] {
  const kept = [...lines];
  for (let index = 0; index + 1 < patterns.length; index += 2) {
    const first = kept.findIndex((line) => new RegExp(patterns[index]!).test(line));
    const length = kept.slice(first).findIndex((line) => new RegExp(patterns[index + 1]!).test(line)) + 1;
    if (first < 0 || length === 0)
      throw new Error(`no lines from ${patterns[index]!} to ${patterns[index + 1]!}`);
    kept.splice(first, length, '\x1b[2m   …\x1b[22m');
  }
  return kept;
}

function applyCode(style: Style, code: string): Style {
  if (code === '1') return { ...style, bold: true };
  if (code === '2') return { ...style, dim: true };
  if (code === '22') return { ...style, bold: false, dim: false };
  if (code === '39') return { ...style, colour: undefined };
  return code === '0' ? plain : { ...style, colour: colours[code] ?? style.colour };
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function drawSpan(content: string, style: Style, column: number): string {
  const fill = style.colour ?? (style.dim ? '#8b949e' : '#e6edf3');
  const weight = style.bold ? ' font-weight="700"' : '';
  return `<tspan x="${(margin + column * cellWidth).toFixed(1)}" fill="${fill}"${weight}>${escapeXml(content)}</tspan>`;
}

function drawLine(line: string, index: number): string {
  let style = plain;
  let column = 0;
  const spans: string[] = [];
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const codes = /^\x1b\[([\d;]*)m$/.exec(part);
    if (codes !== null) {
      for (const code of codes[1]!.split(';')) style = applyCode(style, code);
      continue;
    }
    const room = columns - column;
    const content = part.length > room ? `${part.slice(0, Math.max(0, room - 1))}…` : part;
    if (content !== '' && room > 0) spans.push(drawSpan(content, style, column));
    column += part.length;
  }
  const y = barHeight + margin + index * lineHeight;
  return `<text y="${y}" xml:space="preserve">${spans.join('')}</text>`;
}

const [sections = '1-99', ...patterns] = process.argv.slice(2);
const session = (await text(process.stdin)).replaceAll('\r', '');
const lines = leaveOut(pickSections(session, sections), patterns);
while (lines.at(-1)?.trim() === '') lines.pop();
const width = Math.round(2 * margin + columns * cellWidth);
const height = Math.round(barHeight + 2 * margin + (lines.length - 1) * lineHeight);
const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
  (fill, i) => `<circle cx="${20 + i * 18}" cy="17" r="5.5" fill="${fill}"/>`,
);
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal session with holdfast">
<rect width="100%" height="100%" rx="10" fill="#0d1117"/>
${dots.join('')}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${lines.map(drawLine).join('\n')}
</g>
</svg>`);
