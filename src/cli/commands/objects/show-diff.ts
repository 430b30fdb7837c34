/** What differs between two sources, as people and programs read it. */
import { formatKubernetesYaml, type JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { type DiffSummary, type ObjectDifference, unifiedLines } from '../../../operations/objects/index.ts';
import type { GoJson } from '../../output/index.ts';
import { changeJson, changeLine } from './change-lines.ts';

/** Prints one object that differs. @param format `diff`, `fields` or `name` */
export function showDifference(
  difference: ObjectDifference,
  format: string,
  line: (text: string) => void,
): void {
  if (format === 'name') line(`${difference.change} ${nameOf(difference)}`);
  else if (format === 'fields') showFields(difference, line);
  else showDiff(difference, line);
}

function nameOf({ group, resource, namespace, name }: ObjectDifference): string {
  const type = group === '' ? resource : `${resource}.${group}`;
  return namespace === undefined ? `${type}/${name}` : `${type}/${name} -n ${namespace}`;
}

function showFields(difference: ObjectDifference, line: (text: string) => void): void {
  line(`${difference.change} ${nameOf(difference)}`);
  if (difference.unread !== undefined) line(`    ${difference.unread.message}`);
  for (const field of difference.fields) line(`    ${changeLine(field)}`);
}

function showDiff(difference: ObjectDifference, line: (text: string) => void): void {
  const { change, before, after, unread } = difference;
  const name = nameOf(difference);
  line(`--- ${change === 'added' ? '/dev/null' : `a ${name}`}`);
  line(`+++ ${change === 'removed' ? '/dev/null' : `b ${name}`}`);
  if (unread !== undefined) {
    line(`cannot be compared: ${unread.message}`);
    return;
  }
  for (const each of unifiedLines(yamlLines(before), yamlLines(after))) line(each);
}

function yamlLines(object: JsonObject | undefined): string[] {
  return object === undefined ? [] : formatKubernetesYaml(object).trimEnd().split('\n');
}

/** What was found, in one line. */
export function summaryLine(summary: DiffSummary): string {
  const { added, removed, changed, unchanged, onlyNoise, unread } = summary;
  const more = unread === 0 ? '' : `; ${unread} could not be read`;
  return `${added} added, ${removed} removed, ${changed} changed; ${unchanged} the same, ${onlyNoise} changed by themselves${more}`;
}

/** The whole comparison as one document. */
export function diffJson(summary: DiffSummary, objects: readonly ObjectDifference[]): GoJson {
  const { before, after, ...counts } = summary;
  return {
    before: { ...before },
    after: { ...after },
    ...counts,
    objects: objects.map(({ fields, unread, before: old, after: young, ...facts }) => ({
      ...facts,
      fields: fields.map(changeJson),
      before: old,
      after: young,
      unread: unread?.message,
    })),
  };
}
