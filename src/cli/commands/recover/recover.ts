import { setFlagsFromString } from 'node:v8';
import { resolve } from 'node:path';
import type { OperationContext } from '../../../base/index.ts';
import type { PreflightReport, RecoverOptions } from '../../../operations/recover/index.ts';
import { type CommandHost, defineCommand, usageError } from '../../command/index.ts';
import { hostsFlags } from '../hosts/index.ts';
import { openHosts } from './open-hosts.ts';
import { askYes } from '../../input/index.ts';
import { pendingView, planView, recoveryView, showPreflight } from '../../output/views/index.ts';

export const recoverCommand = defineCommand({
  path: ['recover'],
  summary: 'bring a control plane back from a snapshot: plan, stage, fence, swap, verify, or roll back',
  description:
    'Does the whole of what the documented procedure leaves to you: finds etcd on this host, checks the snapshot and ' +
    'everything that a restore depends on, restores beside the old data, takes API server and etcd away, puts the ' +
    'restored data in place, gives them back and compares what runs with the snapshot. Nothing is stopped before ' +
    'what replaces it is ready; whatever fails is undone; the old data is kept. Every step is in a journal first, ' +
    'so that a run that was killed is finished with --resume or undone with --rollback.',
  args: [{ name: 'file', summary: 'the snapshot', optional: true, takesBackup: true }],
  flags: {
    plan: { kind: 'boolean', summary: 'make the plan and all checks, then stop' },
    yes: { kind: 'boolean', summary: 'do not ask' },
    resume: { kind: 'boolean', summary: 'finish a recovery that was interrupted' },
    rollback: { kind: 'boolean', summary: 'undo a recovery that was interrupted' },
    'manifests-dir': {
      kind: 'string',
      summary: "the kubelet's manifests dir, instead of the one that is found",
    },
    'data-dir': {
      kind: 'string',
      summary: "restore into this new directory and edit the manifest, instead of taking the old one's place",
    },
    'bump-revision': {
      kind: 'integer',
      minimum: 1n,
      summary: 'add exactly this to the revision, instead of what passes everything that was seen',
    },
    bump: {
      kind: 'boolean',
      default: true,
      summary: 'raise the revision; --no-bump leaves it, and caches keep the newer state',
    },
    'skip-hash-check': { kind: 'boolean', summary: 'accept a file without digest, or with a wrong one' },
    'allow-other-cluster': { kind: 'boolean', summary: 'accept a snapshot of another cluster' },
    'abandon-members': {
      kind: 'boolean',
      summary:
        'come back without the members that no host stands for; with --rollback, undo it on these hosts alone',
    },
    sanitize: {
      kind: 'boolean',
      summary: 'take alarms, stale leases and stale API server endpoints out of the restored copy',
    },
    ...hostsFlags,
    'wait-timeout': { kind: 'duration', default: '5m', summary: 'limit for each wait' },
  },
  knowsRecovery: true,
  steps: 'log-file',
  formats: ['simple', 'json'],
  examples: [
    { command: 'holdfast recover snapshot.db --plan', explains: 'What would be done, with every check' },
    { command: 'holdfast recover snapshot.db --log-file restore.txt', explains: 'Recover this host' },
    {
      command: 'holdfast recover snapshot.db --data-dir /var/lib/etcd-restored',
      explains: 'Into a new directory; the manifest is edited',
    },
    { command: 'holdfast recover repo:latest-verified', explains: 'From a backup in the repository' },
    { command: 'holdfast recover --rollback', explains: 'Undo what a killed run began' },
  ],
  exitStatuses: {
    3: 'the file is not what it claims',
    4: 'a check speaks against it, or it was not confirmed; nothing was touched',
    5: 'a host cannot be reached',
    6: 'it failed and was undone; everything is as it was',
  },
  isReport: true,
  async run({ args, flags }, host) {
    checkMode(args, flags);
    // Rows are garbage as soon as they are checked; a young generation that grows with them costs 90 MB.
    setFlagsFromString('--semi-space-growth-factor=1');
    const recover = await import('../../../operations/recover/index.ts');
    const ctx = tellingParts(host);
    await using opened = await openHosts(flags, { ...host, ctx });
    const { hosts } = opened;
    if (flags.resume || flags.rollback) {
      host.io.lastWords = halfDone;
      const plan = flags.resume
        ? await recover.resumeRecovery(hosts, ctx)
        : await recover.rollBackRecovery(hosts, ctx, { withoutOthers: flags['abandon-members'] });
      host.print(pendingView(plan, flags.resume ? 'committed' : 'rolled-back'));
      return;
    }
    const [file = ''] = args;
    const name = host.nameOf(file);
    const result = await recover.recoverControlPlane(
      {
        // It is looked for again when the recovery is resumed, from wherever that is.
        snapshotPath: resolve(file),
        ...(name !== file && { backup: name }),
        ...(flags['data-dir'] === undefined ? {} : { dataDir: flags['data-dir'] }),
        ...bumpOf(flags),
        skipHashCheck: flags['skip-hash-check'],
        allowOtherCluster: flags['allow-other-cluster'],
        abandonMembers: flags['abandon-members'],
        sanitize: flags.sanitize,
        waitTimeoutMs: flags['wait-timeout'],
        planOnly: flags.plan,
        onPreflight: (report) => showPreflight(report, host.format, host.out),
        async confirm(report) {
          const isConfirmed = await confirm(report, flags.yes, host);
          if (isConfirmed) host.io.lastWords = halfDone;
          return isConfirmed;
        },
      },
      hosts,
      ctx,
    );
    host.print(result.outcome === 'planned' ? planView(result.report) : recoveryView(result));
  },
});

/** For whoever presses Ctrl-C twice. */
const halfDone =
  'Stopped at once: the recovery is half done, and the control plane may be down. ' +
  'Finish it with "holdfast recover --resume", or undo it with "holdfast recover --rollback".';

/** A line for each part that is done, in place of the log's. */
function tellingParts({ ctx, format, out }: CommandHost): OperationContext {
  if (format !== 'simple') return ctx;
  return {
    ...ctx,
    events(event) {
      ctx.events(event);
      if (event.type === 'part-done') out.line(`done  ${seconds(event.tookMs)}  ${event.title}`);
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(7);
}

interface ModeFlags {
  readonly plan: boolean;
  readonly resume: boolean;
  readonly rollback: boolean;
}

function checkMode(args: readonly string[], { plan, resume, rollback }: ModeFlags): void {
  if (resume && rollback) throw usageError('--resume and --rollback contradict each other');
  if (resume || rollback) {
    if (args.length > 0 || plan)
      throw usageError(
        'an interrupted recovery has its file and its plan already',
        'Give no file with --resume and --rollback.',
      );
    return;
  }
  if (args.length === 0) throw usageError('no snapshot is named', 'Usage: holdfast recover FILE.');
}

function bumpOf(flags: {
  readonly 'bump-revision': bigint | undefined;
  readonly bump: boolean;
}): Pick<RecoverOptions, 'bumpRevision'> {
  if (!flags.bump && flags['bump-revision'] !== undefined)
    throw usageError('--bump-revision and --no-bump contradict each other');
  if (!flags.bump) return { bumpRevision: 0n };
  return flags['bump-revision'] === undefined ? {} : { bumpRevision: flags['bump-revision'] };
}

/** Without a terminal nobody can be asked, and silence is no consent. */
async function confirm({ plan }: PreflightReport, yes: boolean, { io }: CommandHost): Promise<boolean> {
  if (yes) return true;
  if (!io.stdin.isTerminal) return false;
  const hosts = plan.hosts.map(({ host }) => host).join(', ');
  return await askYes(`This stops the control plane on ${hosts} and replaces etcd's data.`, io);
}
