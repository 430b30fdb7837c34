import { defineCommand } from '../../command/index.ts';
import { printView } from '../../output/index.ts';
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
  steps: 'log-file',
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
    const { historyView } = await import('./show-history.ts');
    const named = { ...history, source: host.nameOf(history.source) };
    printView(historyView(named), wantsJson(flags.output, host) ? 'json' : host.format, host.out);
    return undefined;
  },
});
