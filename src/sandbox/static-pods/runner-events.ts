import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { errnoOf } from '../../base/index.ts';

/** One line of the runner's log: what happened, to which manifest and container. */
export interface RunnerEvent {
  /**
   * `watching`: the runner is up. `pod-added`, `pod-changed`, `pod-removed`: the manifest was seen to be so.
   * `unreadable`: a manifest that is not a pod (yet). `started`, `exited`: a container's process. `cannot-start`: a
   * container without a program or volume. `back-off`: it waits before the next start. `pod-stopped`: no process of
   * the pod is left. `stopped`: the runner is about to end, with no process left.
   */
  readonly event:
    | 'watching'
    | 'pod-added'
    | 'pod-changed'
    | 'pod-removed'
    | 'unreadable'
    | 'started'
    | 'exited'
    | 'cannot-start'
    | 'back-off'
    | 'pod-stopped'
    | 'stopped';
  /** ISO 8601, with milliseconds. */
  readonly time: string;
  /** The manifest's name in its directory. */
  readonly file?: string;
  /** `namespace/name` as in the manifest. */
  readonly pod?: string;
  readonly container?: string;
  /** Of the container's process; of the runner in `watching`. */
  readonly pid?: number;
  /** As it runs: paths are those of this machine. */
  readonly argv?: readonly string[];
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly delayMs?: number;
  readonly reason?: string;
}

/** A container whose process runs, as the log tells. */
export interface RunningContainer {
  readonly file: string;
  readonly pod: string;
  readonly container: string;
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Appends one event at once, so that a reader never sees less than what has happened. */
export function writeEvent(eventsFile: string, event: Omit<RunnerEvent, 'time'>): void {
  appendFileSync(eventsFile, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}

/** All events so far, oldest first; none when the runner has not begun. A line half written is left for later. */
export async function readEvents(eventsFile: string): Promise<RunnerEvent[]> {
  const text = await readFile(eventsFile, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunnerEvent);
}

/** The containers that run after these events; those of a runner that was killed are not taken for running. */
export function runningContainers(events: readonly RunnerEvent[]): RunningContainer[] {
  const running = new Map<number, RunningContainer>();
  for (const { event, file = '', pod = '', container = '', pid = 0, argv = [] } of events) {
    if (event === 'watching') running.clear();
    if (event === 'started') running.set(pid, { file, pod, container, pid, argv });
    if (event === 'exited') running.delete(pid);
  }
  return [...running.values()];
}
