/** What the documentation tells a person to do, each step begun the moment that the one before is done. */
import { mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { eventually } from '../../test/support/waiting.ts';
import { measure, type Run } from '../measure.ts';
import { type BenchPlane, shownGeneration } from './bench-plane.ts';
import { type TimedRun, Stopwatch } from './stopwatch.ts';

const waitMs = 300_000;

/** What a procedure runs. */
interface Programs {
  readonly etcdutl: string;
  readonly etcdctl: string;
}

/**
 * The long version: everything stopped first, revisions raised, the old data kept, the data dir's name unchanged, so
 * that no manifest has to be edited.
 */
export async function recoverByHand(bench: BenchPlane, programs: Programs): Promise<TimedRun> {
  const { plane, snapshot, memberFlags } = bench;
  const commands = new Commands();
  const watch = new Stopwatch();
  await commands.run(programs.etcdutl, 'snapshot', 'status', snapshot, '-w', 'table');
  watch.lap('check the snapshot');
  const manifests = Object.values(plane.manifests);
  const away = join(plane.root, 'etc/kubernetes/away');
  await mkdir(away);
  for (const manifest of manifests) await rename(manifest, join(away, basename(manifest)));
  await eventually(waitMs, 'no container is left', async () =>
    (await plane.runner.running()).length === 0 ? true : undefined,
  );
  watch.lap('stop everything');
  const restored = `${plane.dataDir}.restored`;
  const bump = ['--bump-revision=1000000000', '--mark-compacted'];
  await commands.run(
    programs.etcdutl,
    ...['snapshot', 'restore', snapshot, `--data-dir=${restored}`, ...memberFlags, ...bump],
  );
  watch.lap('restore');
  await rename(plane.dataDir, `${plane.dataDir}.old`);
  await rename(restored, plane.dataDir);
  const back = async (manifest: string) => await rename(join(away, basename(manifest)), manifest);
  await back(plane.manifests.etcd);
  await etcdHealthy(bench, programs, commands);
  watch.lap('start etcd');
  for (const manifest of manifests) if (manifest !== plane.manifests.etcd) await back(manifest);
  await rmdir(away);
  await plane.apiReady(waitMs);
  watch.lap('start the API server');
  return { ...commands.sum(watch.totalSeconds), laps: watch.laps, downFrom: 'stop everything' };
}

/**
 * The version of most tutorials: restore to another directory, point the manifest at it. Nothing else is stopped, no
 * revision is raised.
 */
export async function recoverByTutorial(
  bench: BenchPlane,
  programs: Programs,
): Promise<{ readonly run: TimedRun; readonly shown: string }> {
  const { plane, snapshot, memberFlags } = bench;
  const commands = new Commands();
  const watch = new Stopwatch();
  const restored = `${plane.dataDir}-from-backup`;
  await commands.run(
    programs.etcdutl,
    ...['snapshot', 'restore', snapshot, `--data-dir=${restored}`, ...memberFlags],
  );
  watch.lap('restore');
  const events = (await plane.runner.events()).length;
  const text = await readFile(plane.manifests.etcd, 'utf8');
  await writeFile(plane.manifests.etcd, text.replace(/(path: \/var\/lib\/etcd)$/m, '$1-from-backup'));
  await plane.runner.waitFor('etcd is started again', isEtcdStart, { from: events, timeoutMs: waitMs });
  await etcdHealthy(bench, programs, commands);
  watch.lap('start etcd');
  await plane.apiReady(waitMs);
  watch.lap('API server ready');
  const run = { ...commands.sum(watch.totalSeconds), laps: watch.laps, downFrom: 'start etcd' };
  return { run, shown: await shownGeneration(plane) };
}

function isEtcdStart({ event, container }: { readonly event: string; readonly container?: string }): boolean {
  return event === 'started' && container === 'etcd';
}

async function etcdHealthy(bench: BenchPlane, { etcdctl }: Programs, commands: Commands): Promise<void> {
  await eventually(waitMs, 'etcd is healthy', async () => {
    await commands.run(etcdctl, ...bench.clientFlags, 'endpoint', 'health');
    return true;
  });
}

/** Runs commands and adds up what they take. */
class Commands {
  readonly #runs: Run[] = [];

  async run(...argv: string[]): Promise<void> {
    this.#runs.push(await measure({ label: argv[0]!, argv, env: { ETCDCTL_API: '3' } }));
  }

  sum(wallSeconds: number): Run {
    return {
      wallSeconds,
      cpuSeconds: this.#runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      peakMegabytes: Math.max(...this.#runs.map(({ peakMegabytes }) => peakMegabytes)),
    };
  }
}
