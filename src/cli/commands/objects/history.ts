import type { ObjectHistory, ObjectRevision } from '../../../operations/objects/index.ts';
import { defineCommand } from '../../command/index.ts';
import type { Output, View } from '../../output/index.ts';
import { changeJson, changeLine } from './change-lines.ts';
import { includeSecretsFlag, namespaceFlag, wantsJson } from './selection-flags.ts';
import { inspectionOptions, sourceArgument, sourceFlags } from './source-flags.ts';

export const objectsHistoryCommand = defineCommand({
  path: ['objects', 'history'],
  summary: 'every revision of an object that a source still holds, and who changed what',
  description:
    'SOURCE is a snapshot, a database, a data dir, or "live". Deletions are told too, and what was deleted is found ' +
    'until a compaction takes it. Who made a change is what the API server noted in the object; a manager in ' +
    'parentheses owns what changed, and no note tells more.',
  args: [sourceArgument, { name: 'object', summary: "RESOURCE/NAME in kubectl's words: deploy/web" }],
  flags: {
    ...namespaceFlag,
    output: { kind: 'string', short: 'o', choices: ['json'], valueName: 'format', summary: 'json' },
    ...includeSecretsFlag,
    ...sourceFlags,
  },
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast objects history snapshot.db deploy/web -n shop', explains: 'What became of it' },
    {
      command: 'holdfast objects history live secret/tls -n shop',
      explains: 'Of a Secret: which texts changed',
    },
  ],
  async run({ args, flags }, host) {
    const { objectHistory } = await import('../../../operations/objects/index.ts');
    const history = await objectHistory(
      {
        ...(await inspectionOptions(args[0]!, flags, host)),
        object: args[1]!,
        ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
        includeSecrets: flags['include-secrets'],
      },
      host.ctx,
    );
    const view = historyView(history);
    if (wantsJson(flags.output, host)) {
      const { printView } = await import('../../output/index.ts');
      printView(view, 'json', host.out);
    } else host.print(view);
    return undefined;
  },
});

function historyView(history: ObjectHistory): View {
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
