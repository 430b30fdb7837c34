import { setFlagsFromString } from 'node:v8';
import type { Inspection, ObjectSelection } from '../../../operations/objects/index.ts';
import { type CommandHost, defineCommand } from '../../command/index.ts';
import { SteadyOutput } from '../../output/index.ts';
import { printTable } from './print-table.ts';
import { objectSelection, selectionFlags } from './selection-flags.ts';
import { inspectionOptions, sourceArgument, sourceFlags, tellUnread } from './source-flags.ts';

export const objectsListCommand = defineCommand({
  path: ['objects', 'list'],
  summary: 'list the Kubernetes objects in a snapshot, a data dir or a live etcd',
  description:
    'Resources are written as for kubectl: plural, singular, short name or kind, with /NAME for one object. Without ' +
    'one, everything is listed. Ages are counted to the moment that the source shows. Objects that are encrypted and ' +
    'cannot be read are listed with the key that they want, and counted on stderr. Secrets show their data with ' +
    '-o json and -o yaml, as with kubectl.',
  args: [
    sourceArgument,
    {
      name: 'resource',
      summary: 'RESOURCE or RESOURCE/NAME: pods, deploy/web, pods,svc',
      optional: true,
      isList: true,
    },
  ],
  flags: {
    ...selectionFlags,
    output: {
      kind: 'string',
      short: 'o',
      choices: ['wide', 'name', 'json', 'yaml'],
      valueName: 'format',
      summary: 'wide, name, json or yaml instead of a table',
    },
    ...sourceFlags,
  },
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast objects list snapshot.db pods -A', explains: 'The pods of all namespaces' },
    { command: 'holdfast objects list snapshot.db deploy,svc -n shop -o wide', explains: 'Two resources' },
    {
      command: 'holdfast objects list live secrets -A -l app=web -o name',
      explains: 'In the etcd of this host',
    },
    { command: 'holdfast objects list snapshot.db -A -o json', explains: 'Everything, as one list' },
  ],
  exitStatuses: {
    3: 'the file is not an etcd database, or is damaged',
    5: 'etcd is unreachable or did not answer in time',
  },
  steps: 'log-file',
  async run({ args: [source = '', ...words], flags }, host) {
    // Rows are garbage as soon as they are printed; a young generation that grows with them costs 100 MB at 5 GiB.
    setFlagsFromString('--semi-space-growth-factor=1');
    const { openInspection } = await import('../../../operations/objects/index.ts');
    const options = await inspectionOptions(source, flags, host);
    await using inspection = await openInspection(options, host.ctx);
    const selection = objectSelection(words, flags);
    const output = flags.output ?? (host.format === 'json' ? 'json' : 'table');
    const count = await printAs(output, inspection, selection, host);
    if (count === 0 && (output === 'table' || output === 'wide')) host.say('No resources found.');
    tellUnread(inspection.reader.counts, host);
    return undefined;
  },
});

/** Returns how many objects were printed. */
async function printAs(
  output: string,
  from: Inspection,
  selection: ObjectSelection,
  host: CommandHost,
): Promise<number> {
  const { listItems, listNames, listRows } = await import('../../../operations/objects/index.ts');
  const { printJsonList, printYamlList } = await import('./print-list.ts');
  const out = new SteadyOutput(host.io.stdout);
  let count = 0;
  try {
    if (output === 'json') count = await printJsonList(listItems(from, selection), out);
    else if (output === 'yaml') count = await printYamlList(listItems(from, selection), out);
    else if (output === 'name') {
      for await (const name of listNames(from, selection)) {
        count++;
        await out.write(`${name}\n`);
      }
    } else count = await printTable(listRows(from, selection, { isWide: output === 'wide' }, host.ctx), out);
    return count;
  } finally {
    await out.flush();
  }
}
