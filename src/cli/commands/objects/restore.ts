import type { ConflictRule } from '../../../operations/objects/index.ts';
import { defineCommand, usageError } from '../../command/index.ts';
import { printView } from '../../output/index.ts';
import { objectSelection, selectionFlags, wantsJson } from './selection-flags.ts';
import { inspectionOptions, sourceArgument, sourceFlags } from './source-flags.ts';

export const objectsRestoreCommand = defineCommand({
  path: ['objects', 'restore'],
  summary: 'put objects back through the API server',
  description:
    'The server tries every object first (its dry run); when it refuses one, nothing is written, unless --keep-going. ' +
    'Then namespaces and definitions are written, and everything else in the order of application. Objects that are ' +
    'there stay as they are, unless --on-conflict says otherwise: "merge" applies the backup over them, "replace" makes ' +
    'them as in the backup. Owners are those that have the name now. What runs is not put back, only what makes it run: ' +
    'no events, leases, nodes, pods of controllers, ended jobs, tokens. The same command again does what is left.',
  args: [
    sourceArgument,
    { name: 'resource', summary: "kubectl's words: deploy/web, cm", optional: true, isList: true },
  ],
  flags: {
    kubeconfig: { kind: 'string', valueName: 'file', summary: 'how to reach the API server, and as whom' },
    context: {
      kind: 'string',
      valueName: 'name',
      summary: 'the context of the kubeconfig (its current one)',
    },
    ...selectionFlags,
    'dry-run': { kind: 'boolean', summary: 'have the server try everything, and write nothing' },
    'on-conflict': {
      kind: 'string',
      choices: ['skip', 'replace', 'merge'],
      default: 'skip',
      valueName: 'rule',
      summary: 'what becomes of objects that are there: skip, replace or merge',
    },
    'namespace-map': {
      kind: 'list',
      default: [],
      valueName: 'from=to,...',
      summary: 'put what was in one namespace into another',
    },
    'create-namespace': { kind: 'boolean', summary: 'make namespaces that are missing and not selected' },
    'include-secrets': { kind: 'boolean', summary: 'put Secrets back, too' },
    'keep-going': { kind: 'boolean', summary: 'write the others although the server refuses some' },
    output: {
      kind: 'string',
      short: 'o',
      choices: ['wide', 'json'],
      valueName: 'format',
      summary: 'wide (every object on a line of its own) or json',
    },
    ...sourceFlags,
  },
  formats: ['simple', 'json'],
  examples: [
    {
      command:
        'holdfast objects restore snapshot.db cm/app-config -n shop --kubeconfig /etc/kubernetes/admin.conf --on-conflict replace',
      explains: 'One object as it was',
    },
    {
      command:
        'holdfast objects restore snapshot.db -n shop --create-namespace --include-secrets --kubeconfig admin.conf --dry-run',
      explains: 'What would become of a namespace',
    },
    {
      command:
        'holdfast objects restore snapshot.db -n shop --namespace-map shop=shop-old --create-namespace --kubeconfig admin.conf',
      explains: 'A namespace as it was, beside the one that is',
    },
  ],
  exitStatuses: {
    4: 'the server refuses something, and nothing was written',
    5: 'the API server is unreachable or did not answer in time',
  },
  steps: 'log-file',
  async run({ args: [source = '', ...words], flags }, host) {
    const { kubeconfig } = flags;
    if (kubeconfig === undefined) {
      throw usageError(
        'objects restore needs --kubeconfig',
        'On a control plane: /etc/kubernetes/admin.conf.',
      );
    }
    if (words.length === 0 && flags.namespace === undefined && !flags['all-namespaces']) {
      throw usageError('nothing is selected', 'Name resources, a namespace with -n, or everything with -A.');
    }
    const namespaceMap = readNamespaceMap(flags['namespace-map']);
    const { readKubeconfigFile, restoreObjects } = await import('../../../operations/objects/index.ts');
    const { restoreView } = await import('./show-restore.ts');
    const result = await restoreObjects(
      {
        ...(await inspectionOptions(source, flags, host)),
        selection: objectSelection(words, flags),
        server: await readKubeconfigFile(kubeconfig, flags.context),
        onConflict: flags['on-conflict'] as ConflictRule,
        dryRun: flags['dry-run'],
        keepGoing: flags['keep-going'],
        includeSecrets: flags['include-secrets'],
        createNamespaces: flags['create-namespace'],
        namespaceMap,
      },
      host.ctx,
    );
    const view = restoreView(result, flags.output === 'wide');
    printView(view, wantsJson(flags.output, host) ? 'json' : 'simple', host.out);
    // What was written until then has been told.
    if (result.stopped !== undefined) throw result.stopped;
    const isUntouched = result.dryRun || result.counts.created + result.counts.changed === 0;
    if (result.refused && isUntouched) return 4;
    return result.counts.failed > 0 || result.refused ? 1 : undefined;
  },
});

/** `shop=shop-old`. Errors: USAGE. */
function readNamespaceMap(words: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const word of words) {
    const [from = '', to = '', ...more] = word.split('=');
    if (from === '' || to === '' || more.length > 0 || map.has(from)) {
      throw usageError(`--namespace-map: "${word}" is not FROM=TO, or names a namespace twice`);
    }
    map.set(from, to);
  }
  return map;
}
