import { defineCommand } from '../../command/index.ts';
import { namespaceFlag } from './selection-flags.ts';
import { inspectionOptions, sourceArgument, sourceFlags, tellUnread } from './source-flags.ts';

export const objectsGetCommand = defineCommand({
  path: ['objects', 'get'],
  summary: 'print one Kubernetes object of a snapshot, a data dir or a live etcd',
  description:
    'YAML by default, as the API server would serve it; "-o raw" writes the bytes that are stored, decrypted where ' +
    'the configuration has the key.',
  args: [sourceArgument, { name: 'object', summary: 'RESOURCE/NAME: deploy/web' }],
  flags: {
    ...namespaceFlag,
    output: {
      kind: 'string',
      short: 'o',
      choices: ['yaml', 'json', 'raw'],
      valueName: 'format',
      summary: 'yaml (default), json, or the bytes as they are stored',
    },
    ...sourceFlags,
  },
  formats: ['simple', 'json'],
  examples: [
    {
      command: 'holdfast objects get snapshot.db secret/db-password -n shop',
      explains: 'A secret as it was',
    },
    {
      command: 'holdfast objects get snapshot.db cm/app-config -n shop --revision 5652 -o json',
      explains: 'An older state, as far as the file still holds it',
    },
  ],
  exitStatuses: {
    3: 'the file is not an etcd database, or is damaged',
    5: 'etcd is unreachable or did not answer in time',
  },
  steps: 'log-file',
  async run({ args: [source = '', word = ''], flags }, host) {
    const { getObject, getRawObject, openInspection } = await import('../../../operations/objects/index.ts');
    const { printObject } = await import('./print-list.ts');
    const options = await inspectionOptions(source, flags, host);
    await using inspection = await openInspection(options, host.ctx);
    const which = { word, ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }) };
    const output = flags.output ?? (host.format === 'json' ? 'json' : 'yaml');
    if (output === 'raw') {
      host.out.bytes(await getRawObject(inspection, which));
      return undefined;
    }
    const object = await getObject(inspection, which);
    printObject(object, output === 'json' ? 'json' : 'yaml', host.out);
    tellUnread(inspection.reader.counts, host);
    return undefined;
  },
});
