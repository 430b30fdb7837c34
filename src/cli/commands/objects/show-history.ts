/** The history of an object, as people and programs read it. */
import type { ObjectHistory, ObjectRevision } from '../../../operations/objects/index.ts';
import type { Output, View } from '../../output/index.ts';
import { changeJson, changeLine } from './change-lines.ts';

/** A line a revision, then one a field that changed. */
export function historyView(history: ObjectHistory): View {
  return {
    simple(output) {
      for (const revision of history.revisions) showRevision(revision, output);
    },
    json: () => ({
      source: history.source,
      resource: history.resource,
      namespace: history.namespace,
      name: history.name,
      key: history.key,
      compactRevision: history.compactRevision,
      revisions: history.revisions.map((revision) => ({
        revision: revision.modRevision,
        version: revision.version,
        change: revision.change,
        changedBy: revision.changedBy.map((manager) => ({ ...manager })),
        fields: revision.fields.map(changeJson),
        object: revision.object,
        unread: revision.unread?.message,
      })),
    }),
  };
}

const words = {
  created: 'created',
  changed: 'changed',
  deleted: 'deleted',
  kept: 'the oldest that is left, last written',
} as const;

function showRevision(
  { modRevision, change, changedBy, fields, unread }: ObjectRevision,
  output: Output,
): void {
  const managers = changedBy.map(({ name, operation, subresource, time, evidence }) => {
    const how = [
      operation,
      ...(subresource === undefined ? [] : [subresource]),
      ...(time === undefined ? [] : [time]),
    ];
    const who = `${name} ${how.join(' ')}`;
    return evidence === 'owner' ? `(${who})` : who;
  });
  const by = managers.length === 0 ? '' : ` by ${managers.join(', ')}`;
  output.line(`${modRevision}  ${words[change]}${by}`);
  if (unread !== undefined) output.line(`    ${unread.message}`);
  for (const field of fields) output.line(`    ${changeLine(field)}`);
}
