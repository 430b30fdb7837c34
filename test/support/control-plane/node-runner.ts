import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from '../started-process.ts';
import type { ControlPlaneLayout, NodeRunner, StartOptions } from './control-plane-options.ts';
import {
  hostPathToLocal,
  type ProgramTable,
  readEvents,
  runningContainers,
} from '../../../src/sandbox/index.ts';
import { waitForEvent } from './wait-for-event.ts';

const stateHostDir = '/run/static-pods';

/** Starts a node's runner as a process of its own and resolves when it watches its manifests. */
export async function startNodeRunner(
  layout: Pick<ControlPlaneLayout, 'root' | 'peer' | 'hostPaths'>,
  options: StartOptions = {},
): Promise<NodeRunner> {
  const stateDir = hostPathToLocal(layout.root, stateHostDir);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const node = options.nodePath ?? process.execPath;
  const programs = options.programs ?? standInPrograms(layout.peer.etcd, node);
  await writeFile(join(stateDir, 'programs.json'), JSON.stringify(programs));
  const eventsFile = join(stateDir, 'events.jsonl');
  const logFile = join(stateDir, 'runner.log');
  const from = (await readEvents(eventsFile)).length;
  const [command, ...args] = runnerCommand(layout, options, node);
  const child = await startProcess(command!, args, { logFile, stdinUntilWeEnd: true });
  const waitFor: NodeRunner['waitFor'] = async (what, wanted, { from: start, timeoutMs = 60_000 } = {}) => {
    const index = start ?? (await readEvents(eventsFile)).length;
    return waitForEvent(eventsFile, what, wanted, { from: index, timeoutMs });
  };
  try {
    await waitFor('the runner watches', ({ event }) => event === 'watching', { from });
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    pid: child.pid,
    eventsFile,
    logFile,
    containerLogs: join(stateDir, 'logs'),
    events: () => readEvents(eventsFile),
    running: async () => runningContainers(await readEvents(eventsFile)),
    waitFor,
    stop: () => child.stop(45_000),
    kill: () => child.kill(),
    async [Symbol.asyncDispose]() {
      if (child.ended !== undefined) return;
      process.kill(child.pid, 'SIGINT');
      await child.whenEnded;
    },
  };
}

const sandboxProgram = join(import.meta.dirname, '../../../src/sandbox/main.ts');

/** The real etcd and the stand-ins. */
export function standInPrograms(etcd: string, node: string): ProgramTable {
  const controller = [node, sandboxProgram, 'controller'];
  return {
    etcd: [etcd],
    'kube-apiserver': [node, sandboxProgram, 'kube-apiserver'],
    'kube-controller-manager': [...controller, '--component=kube-controller-manager'],
    'kube-scheduler': [...controller, '--component=kube-scheduler'],
  };
}

function runnerCommand(
  { root, hostPaths }: Pick<ControlPlaneLayout, 'root' | 'hostPaths'>,
  options: StartOptions,
  node: string,
): string[] {
  const { runnerRoot = root, rescanMs, maxGraceMs } = options;
  return [
    ...(options.commandPrefix ?? []),
    ...['/bin/bash', '-c', 'exec -a "$0" "$@"', options.runnerName ?? 'static-pods', node],
    options.runnerPath ?? sandboxProgram,
    'static-pods',
    `--root=${runnerRoot}`,
    `--config=${hostPaths.kubeletConfigFile}`,
    `--programs=${hostPathToLocal(runnerRoot, `${stateHostDir}/programs.json`)}`,
    ...(rescanMs === undefined ? [] : [`--rescan-ms=${rescanMs}`]),
    ...(maxGraceMs === undefined ? [] : [`--max-grace-ms=${maxGraceMs}`]),
  ];
}
