/** What a recovery would do, as people and programs read it. */
import type { ImpactRisk, ObjectImpact, RiskObject } from '../../../operations/objects/index.ts';
import { type Output, type View, wrapWords } from '../../output/index.ts';

/** Resources and objects that are named in each place; of the others there is a number. */
const mostResources = 8;
const mostObjects = 5;
/** Sentences are no longer than this, and on a narrower terminal they fit. */
const widestText = 100;
const leastText = 20;

/** @param columns of the terminal, if there is one */
export function impactView(impact: ObjectImpact, columns = widestText): View {
  return {
    simple: (output) => showImpact(impact, Math.min(widestText, columns), output),
    json: () => {
      const { present, recovered, counts, byResource, risks, untold } = impact;
      return {
        present: { ...present },
        recovered: { ...recovered },
        counts: { ...counts },
        byResource: byResource.map((each) => ({ ...each })),
        risks: risks.map(({ objects, ...facts }) => ({
          ...facts,
          objects: objects.map((object) => ({ ...object })),
        })),
        untold: [...untold],
      };
    },
  };
}

function showImpact(
  { present, recovered, counts, byResource, risks, untold }: ObjectImpact,
  width: number,
  output: Output,
): void {
  const line = (text: string) => output.line(plain(text));
  line(`A recovery to ${recovered.source} (revision ${recovered.revision})`);
  line(`of what is in  ${present.source} (revision ${present.revision})`);
  line('');
  line(
    `Objects: ${counts.vanish} vanish, ${counts.return} come back, ${counts.change} go back to what they were;`,
  );
  line(`${counts.unchanged} stay as they are, ${counts.onlyNoise} differ in what changes by itself.`);
  if (counts.unread > 0) line(`${counts.unread} could not be read, and count because their bytes differ.`);
  if (byResource.length > 0) {
    line('');
    for (const row of resourceRows(byResource)) line(row);
  }
  for (const risk of risks) {
    line('');
    for (const text of riskLines(risk, width)) line(text);
  }
  line('');
  line('Not told by this:');
  for (const text of untold) for (const each of wrap(text, '  ', width)) line(each);
}

function resourceRows(resources: ObjectImpact['byResource']): string[] {
  const shown = resources.slice(0, mostResources);
  const cells = shown.map((each) => [each.resource, `${each.vanish}`, `${each.return}`, `${each.change}`]);
  const rows = [['RESOURCE', 'VANISH', 'BACK', 'CHANGE'], ...cells];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  const more = resources.length - shown.length;
  return more > 0 ? [...lines, `and ${more} more resources`] : lines;
}

function riskLines({ risk, title, explanation, advice, objects }: ImpactRisk, width: number): string[] {
  const indent = ' '.repeat(8);
  const more = objects.length - mostObjects;
  return [
    `${risk.toUpperCase().padEnd(6)}  ${title} (${objects.length})`,
    ...wrap(explanation, indent, width),
    ...objects.slice(0, mostObjects).map((object) => `${indent}- ${nameOf(object)}`),
    ...(more > 0 ? [`${indent}  and ${more} more`] : []),
    ...wrap(`What to do: ${advice}`, indent, width),
  ];
}

function nameOf({ resource, namespace, name, note }: RiskObject): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `${resource}/${name}${where}${note === undefined ? '' : `: ${note}`}`;
}

function wrap(text: string, indent: string, width: number): string[] {
  return wrapWords(text, Math.max(leastText, width - indent.length)).map((line) => indent + line);
}

/** What objects say may hold anything; a terminal gets no control characters. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
