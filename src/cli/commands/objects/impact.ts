import { isHoldfastError } from '../../../base/index.ts';
import type { InspectionOptions } from '../../../operations/objects/index.ts';
import { type CommandHost, defineCommand } from '../../command/index.ts';
import { printView } from '../../output/index.ts';
import { wantsJson } from './selection-flags.ts';
import { inspectionOptions, sourceArgument, sourceFlags } from './source-flags.ts';

export const objectsImpactCommand = defineCommand({
  path: ['objects', 'impact'],
  summary: 'what a full recovery to a source would do to the cluster, ranked by risk',
  description:
    'Compares SOURCE with the present: what would vanish, come back and change, and what follows from that for ' +
    'volumes, nodes, running pods, webhooks, definitions, encryption keys, certificates and tokens. Nothing is ' +
    'changed anywhere. What changes by itself is left out. Without --against the present is the etcd of this host ' +
    "or of the connection flags; its API server's EncryptionConfiguration is found on this host, too.",
  args: [sourceArgument],
  flags: {
    against: {
      kind: 'string',
      default: 'live',
      valueName: 'other',
      takesBackup: true,
      summary: 'the present: "live", or a snapshot, a database or a data dir',
    },
    output: { kind: 'string', short: 'o', choices: ['json'], valueName: 'format', summary: 'json' },
    ...sourceFlags,
  },
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast objects impact snapshot.db', explains: 'Against the etcd of this host' },
    {
      command: 'holdfast objects impact snapshot.db --against /var/lib/etcd -o json',
      explains: 'Against the data of an etcd that does not run',
    },
    {
      command: 'holdfast objects impact repo:latest-verified --against repo:latest',
      explains: 'Against the newest backup',
    },
  ],
  exitStatuses: {
    3: 'a file is not an etcd database, or is damaged',
    5: 'etcd is unreachable or did not answer in time',
  },
  steps: 'log-file',
  async run({ args, flags }, host) {
    const { objectImpact } = await import('../../../operations/objects/index.ts');
    const { impactView } = await import('./show-impact.ts');
    const { against } = flags;
    // Of the present only what it is now could be meant, and no file beside it is written.
    const ofPresent = { ...flags, revision: 0n, index: false };
    const present = await inspectionOptions(against, ofPresent, host);
    const recovered = await inspectionOptions(args[0]!, flags, host);
    const isGiven = flags['encryption-config'] !== undefined;
    const found = against === 'live' && !isGiven ? await findEncryptionConfig(host) : {};
    const impact = await objectImpact(
      { present: { ...found, ...present }, recovered: { ...found, ...recovered } },
      host.ctx,
    );
    const named = <S extends { readonly source: string }>(side: S) => ({
      ...side,
      source: host.nameOf(side.source),
    });
    printView(
      impactView(
        { ...impact, present: named(impact.present), recovered: named(impact.recovered) },
        host.io.stdout.columns,
      ),
      wantsJson(flags.output, host) ? 'json' : host.format,
      host.out,
    );
    return undefined;
  },
});

/** Of the API server on this host, when the etcd that is looked at is this host's. */
async function findEncryptionConfig(
  host: CommandHost,
): Promise<Pick<InspectionOptions, 'encryptionConfigFile'>> {
  if (host.given('endpoints')) return {};
  const { discover } = await import('../../../operations/discover/index.ts');
  const { openLocalHost } = await import('../../../hosts/index.ts');
  try {
    const { apiServer } = await discover({ root: host.root, offline: true, allowNone: true }, host.ctx);
    const path = apiServer?.encryptionProviderConfig;
    if (path === undefined) return {};
    if (!host.globals.quiet) host.say(`Using the EncryptionConfiguration ${path}.`);
    return { encryptionConfigFile: await openLocalHost({ root: host.root }).realPath(path) };
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    host.ctx.log.debug('no EncryptionConfiguration found on this host', { reason: error.message });
    return {};
  }
}
