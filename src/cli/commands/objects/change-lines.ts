import { formatKubernetesJson, type JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { type FieldChange, formatFieldPath } from '../../../operations/objects/index.ts';
import type { GoJson } from '../../output/index.ts';

/** Longer values are cut. */
const longestValue = 80;

/** One line for a field: `~ .data.rev: "1" -> "2"`. */
export function changeLine(change: FieldChange): string {
  const path = formatFieldPath(change.path);
  switch (change.change) {
    case 'added':
      return `+ ${path}: ${brief(change.after)}`;
    case 'removed':
      return `- ${path}: ${brief(change.before)}`;
    case 'changed':
      return `~ ${path}: ${brief(change.before)} -> ${brief(change.after)}`;
  }
}

function brief(value: JsonValue): string {
  const text = formatKubernetesJson(value);
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
}

export function changeJson(change: FieldChange): GoJson {
  return {
    change: change.change,
    path: formatFieldPath(change.path),
    before: change.change === 'added' ? undefined : change.before,
    after: change.change === 'removed' ? undefined : change.after,
  };
}
