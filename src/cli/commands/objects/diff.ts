import type { ObjectDifference } from '../../../operations/objects/index.ts';
import { defineCommand } from '../../command/index.ts';
import { printView } from '../../output/index.ts';
import { includeSecretsFlag, objectSelection, selectionFlags, wantsJson } from './selection-flags.ts';
import { inspectionOptions, sourceFlags } from './source-flags.ts';

/** Of one source only could a revision be meant. */
const { index, ...reading } = sourceFlags;
const bothSourcesFlags = {
  index,
  'encryption-config': reading['encryption-config'],
  'etcd-prefix': reading['etcd-prefix'],
};

export const objectsDiffCommand = defineCommand({
  path: ['objects', 'diff'],
  summary: 'what differs between the objects of two sources',
  description:
    'SOURCE is a snapshot, a database, a data dir, or "live". Prints what was added, removed and changed from A to B ' +
    'as a unified diff of YAML; -o fields prints a line for each field instead. What changes by itself is left out: ' +
    'managed fields, resource versions, heartbeats, leases, events. --ignore-noise=false shows that too.',
  args: [
    { name: 'a', summary: 'the one source', takesBackup: true },
    { name: 'b', summary: 'the other source', takesBackup: true },
    {
      name: 'resource',
      summary: "kubectl's words: deploy, cm/web (everything)",
      optional: true,
      isList: true,
    },
  ],
  flags: {
    ...selectionFlags,
    'ignore-noise': { kind: 'boolean', default: true, summary: 'leave out what changes by itself' },
    'ignore-status': { kind: 'boolean', summary: 'leave out status, too' },
    output: {
      kind: 'string',
      short: 'o',
      choices: ['diff', 'fields', 'name', 'json'],
      valueName: 'format',
      summary: 'diff, fields, name or json (default diff)',
    },
    ...includeSecretsFlag,
    ...bothSourcesFlags,
  },
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast objects diff yesterday.db today.db', explains: 'Everything that changed' },
    {
      command: 'holdfast objects diff snapshot.db live deploy,cm -n shop',
      explains: 'Since the snapshot, in one namespace',
    },
  ],
  steps: 'log-file',
  async run({ args, flags }, host) {
    const { diffObjects } = await import('../../../operations/objects/index.ts');
    const { diffJson, showDifference, summaryLine } = await import('./show-diff.ts');
    const json = wantsJson(flags.output, host);
    const newest = { ...flags, revision: 0n };
    const line = (text: string) => host.out.line(text);
    const collected: ObjectDifference[] = [];
    const show = (difference: ObjectDifference) => showDifference(difference, flags.output ?? 'diff', line);
    const summary = await diffObjects(
      {
        before: await inspectionOptions(args[0]!, newest, host),
        after: await inspectionOptions(args[1]!, newest, host),
        selection: objectSelection(args.slice(2), flags),
        ignoreNoise: flags['ignore-noise'],
        ignoreStatus: flags['ignore-status'],
        includeSecrets: flags['include-secrets'],
        onDifference: json ? (difference) => collected.push(difference) : show,
      },
      host.ctx,
    );
    if (json) printView({ simple: () => {}, json: () => diffJson(summary, collected) }, 'json', host.out);
    else if (!host.globals.quiet) host.say(summaryLine(summary));
    return undefined;
  },
});
