import {
  type RestoredObject,
  type RestoreObjectsResult,
  type RestoreOutcome,
  restoreOutcomes,
} from '../../../operations/objects/index.ts';
import type { Output, View } from '../../output/index.ts';

/** Fields of a changed object that a line shows. */
const shownFields = 3;

export function restoreView(result: RestoreObjectsResult, isWide: boolean): View {
  return {
    simple(output) {
      for (const line of table([...rowsOf(result, isWide)])) output.line(line);
      printSummary(result, output);
    },
    json: () => {
      const { objects, counts, stopped, ...facts } = result;
      return {
        ...facts,
        stopped: stopped === undefined ? undefined : { code: stopped.code, message: stopped.message },
        counts: { ...counts },
        objects: objects.map((object) => ({ ...object })),
      };
    },
  };
}

type Row = readonly [outcome: string, object: string, why: string];

/** What was done, and what failed, object by object; what was left alone by resource and reason, unless asked for. */
function* rowsOf({ objects }: RestoreObjectsResult, isWide: boolean): Generator<Row> {
  yield ['OUTCOME', 'OBJECT', 'WHY'];
  const quiet: ReadonlySet<RestoreOutcome> = new Set(isWide ? [] : ['unchanged', 'skipped', 'unwritten']);
  const groups = new Map<string, { count: number; readonly row: Row; readonly first: RestoredObject }>();
  for (const object of objects) {
    const isDifferent = object.outcome === 'skipped' && object.fields.length > 0;
    if (!quiet.has(object.outcome) || isDifferent) {
      yield [object.outcome, nameOf(object), whyOf(object)];
      continue;
    }
    const row: Row = [object.outcome, object.resource, object.reason ?? ''];
    const key = row.join(' ');
    const group = groups.get(key) ?? { count: 0, row, first: object };
    group.count++;
    groups.set(key, group);
  }
  for (const { count, row, first } of groups.values()) {
    const [outcome, resource, reason] = row;
    yield count === 1 ? [outcome, nameOf(first), whyOf(first)] : [outcome, `${count} ${resource}`, reason];
  }
}

function nameOf({ resource, namespace, name, fromNamespace }: RestoredObject): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `${resource}/${name}${where}${fromNamespace === undefined ? '' : ` (from ${fromNamespace})`}`;
}

function whyOf({ reason, notes, fields }: RestoredObject): string {
  const more = fields.length > shownFields ? ` and ${fields.length - shownFields} more` : '';
  const changed = fields.length === 0 ? '' : fields.slice(0, shownFields).join(' ') + more;
  return [reason ?? '', changed, ...notes].filter((text) => text !== '').join('; ');
}

function table(rows: readonly Row[]): string[] {
  const plain = rows.map((row) => row.map(oneLine));
  const widths = [0, 1].map((column) => Math.max(...plain.map((row) => Array.from(row[column]!).length)));
  return plain.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - Array.from(cell).length)))
      .join('   ')
      .trimEnd(),
  );
}

/** What servers and objects say may hold anything. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function printSummary({ counts, dryRun, refused, objects }: RestoreObjectsResult, output: Output): void {
  const told = restoreOutcomes.filter((outcome) => counts[outcome] > 0);
  const words = told.map((outcome) => `${counts[outcome]} ${outcome}`);
  output.line('');
  output.line(`${words.join(', ') || 'nothing selected'}${dryRun ? ' (dry run: nothing was written)' : ''}`);
  if (refused && dryRun) output.line('Without --keep-going, nothing would be written.');
  else if (refused) output.line('Something failed: what is "unwritten" was not written. See --keep-going.');
  const isDifferent = objects.some(({ outcome, fields }) => outcome === 'skipped' && fields.length > 0);
  if (isDifferent)
    output.line('Objects that are there were left alone; --on-conflict merge or replace changes them.');
  if (objects.some(({ reason }) => reason?.startsWith('there is no namespace') === true))
    output.line('--create-namespace makes namespaces that are missing.');
}
