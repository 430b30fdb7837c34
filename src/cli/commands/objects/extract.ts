import type { ExtractResult } from '../../../operations/objects/index.ts';
import { type CommandHost, defineCommand } from '../../command/index.ts';
import { includeSecretsFlag, objectSelection, selectionFlags } from './selection-flags.ts';
import { inspectionOptions, sourceArgument, sourceFlags } from './source-flags.ts';

export const objectsExtractCommand = defineCommand({
  path: ['objects', 'extract'],
  summary: 'write objects as YAML that kubectl apply takes',
  description:
    'What the API server and the controllers set is left out (--raw keeps it), and so are owners: what they make is ' +
    'better left to them. The order is that of application: namespaces, definitions and configuration first; of a ' +
    'directory kubectl takes the files in that order. Secrets are left out unless asked for.',
  args: [
    sourceArgument,
    {
      name: 'resource',
      summary: "kubectl's words: deploy/web, cm (everything)",
      optional: true,
      isList: true,
    },
  ],
  flags: {
    ...selectionFlags,
    out: {
      kind: 'string',
      valueName: 'dir',
      default: '-',
      summary: 'a new directory, or - for standard output',
    },
    raw: { kind: 'boolean', summary: 'the objects untouched' },
    ...includeSecretsFlag,
    ...sourceFlags,
  },
  formats: ['simple'],
  examples: [
    {
      command: 'holdfast objects extract snapshot.db cm/app-config -n shop | kubectl apply -f -',
      explains: 'One object as it was',
    },
    {
      command:
        'holdfast objects extract snapshot.db deploy,svc,cm,ing -n shop --out shop && kubectl apply -f shop',
      explains: 'What a namespace consists of',
    },
  ],
  exitStatuses: {
    3: 'some objects could not be read; the others are written',
    4: 'the directory holds something',
  },
  steps: 'log-file',
  async run({ args: [source = '', ...words], flags }, host) {
    const { extractObjects, openExtractDirectory } = await import('../../../operations/objects/index.ts');
    const intoDirectory = flags.out === '-' ? undefined : await openExtractDirectory(flags.out);
    let count = 0;
    const result = await extractObjects(
      {
        ...(await inspectionOptions(source, flags, host)),
        selection: objectSelection(words, flags),
        raw: flags.raw,
        includeSecrets: flags['include-secrets'],
        write:
          intoDirectory ??
          (async ({ yaml }) => {
            await host.io.stdout.send(Buffer.from(count++ === 0 ? yaml : `---\n${yaml}`));
          }),
      },
      host.ctx,
    );
    tell(result, host);
    return result.unread.length === 0 ? undefined : 3;
  },
});

/** On stderr, since the objects may be on standard output. */
function tell({ written, secretsLeftOut, ownersDropped, unread }: ExtractResult, host: CommandHost): void {
  for (const { object, finding } of unread) host.say(`left out: ${object}: ${finding.message}`);
  if (host.globals.quiet) return;
  if (secretsLeftOut > 0)
    host.say(`${counted(secretsLeftOut, 'secret')} left out; --include-secrets writes them, too`);
  if (ownersDropped > 0) {
    host.say(
      `${counted(ownersDropped, 'object')} had owners and have none now; applied, they stand beside what the owners make`,
    );
  }
  host.say(`${counted(written, 'object')} written`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
