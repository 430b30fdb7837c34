/**
 * The columns of pods: what state one is in is said in several places of its status.
 *
 * Source: kubernetes pkg/printers/internalversion/printers.go, printPod (1.36.2).
 */
import type { FieldMask, JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { formatDuration } from './age.ts';
import { at, conditionOf, countAt, listAt, orNone, textAt } from '../fields/index.ts';
import { ageOf, type CellContext, type KindColumns, kindColumns } from './kind-columns.ts';

const containerStatuses: FieldMask = {
  name: true,
  ready: true,
  started: true,
  restartCount: true,
  state: true,
  lastState: { terminated: { finishedAt: true } },
};

/** Most clusters have more bytes of pods than of anything else, and little of one is shown. */
const podParts: FieldMask = {
  metadata: { name: true, namespace: true, labels: true, creationTimestamp: true, deletionTimestamp: true },
  spec: {
    containers: { name: true },
    initContainers: { name: true, restartPolicy: true },
    nodeName: true,
    readinessGates: true,
  },
  status: {
    phase: true,
    reason: true,
    podIP: true,
    podIPs: true,
    nominatedNodeName: true,
    conditions: { type: true, status: true, reason: true },
    containerStatuses,
    initContainerStatuses: containerStatuses,
  },
};

export const podColumns: KindColumns = {
  reads: podParts,
  ...kindColumns(
    ['READY', 'STATUS', 'RESTARTS', 'AGE', '+IP', '+NODE', '+NOMINATED NODE', '+READINESS GATES'],
    (pod, context) => {
      const { ready, containers, reason, restarts, lastRestartMs } = summarize(pod);
      return [
        `${ready}/${containers}`,
        reason,
        restartsText(restarts, lastRestartMs, context),
        ageOf(pod, context),
        orNone(textAt(listAt(pod, 'status.podIPs')[0], 'ip') || textAt(pod, 'status.podIP')),
        orNone(textAt(pod, 'spec.nodeName')),
        orNone(textAt(pod, 'status.nominatedNodeName')),
        readinessGates(pod),
      ];
    },
  ),
};

interface PodSummary {
  ready: number;
  containers: number;
  reason: string;
  restarts: number;
  /** When a container last ended, 0 if none has. */
  lastRestartMs: number;
}

function summarize(pod: JsonObject): PodSummary {
  const initContainers = listAt(pod, 'spec.initContainers');
  const sidecars = new Set(initContainers.filter(isSidecar).map((one) => textAt(one, 'name')));
  const summary: PodSummary = {
    ready: 0,
    containers: listAt(pod, 'spec.containers').length + sidecars.size,
    reason: textAt(pod, 'status.reason') || textAt(pod, 'status.phase'),
    restarts: 0,
    lastRestartMs: 0,
  };
  const scheduled = listAt(pod, 'status.conditions').find((one) => textAt(one, 'type') === 'PodScheduled');
  if (textAt(scheduled, 'reason') === 'SchedulingGated') summary.reason = 'SchedulingGated';
  const init = addInitContainers(summary, pod, sidecars, initContainers.length);
  if (!init.isInitializing || conditionOf(pod, 'Initialized') === 'True') {
    summary.restarts = init.sidecarRestarts;
    addContainers(summary, pod);
  }
  return { ...summary, reason: afterDeletion(pod, summary.reason) };
}

function isSidecar(container: JsonValue): boolean {
  return textAt(container, 'restartPolicy') === 'Always';
}

function addInitContainers(
  summary: PodSummary,
  pod: JsonObject,
  sidecars: ReadonlySet<string>,
  initCount: number,
): { readonly isInitializing: boolean; readonly sidecarRestarts: number } {
  let sidecarRestarts = 0;
  for (const [i, status] of listAt(pod, 'status.initContainerStatuses').entries()) {
    const restartable = sidecars.has(textAt(status, 'name'));
    addRestarts(summary, status);
    if (restartable) sidecarRestarts += countAt(status, 'restartCount');
    const terminated = at(status, 'state.terminated');
    if (terminated !== undefined && countAt(terminated, 'exitCode') === 0) continue;
    if (restartable && at(status, 'started') === true) {
      if (at(status, 'ready') === true) summary.ready++;
      continue;
    }
    const waiting = textAt(status, 'state.waiting.reason');
    if (terminated !== undefined) summary.reason = `Init:${endReason(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') summary.reason = `Init:${waiting}`;
    else summary.reason = `Init:${i}/${initCount}`;
    return { isInitializing: true, sidecarRestarts };
  }
  return { isInitializing: false, sidecarRestarts };
}

function addContainers(summary: PodSummary, pod: JsonObject): void {
  let hasRunning = false;
  // From the last to the first, so that the first one's reason stands.
  for (const status of [...listAt(pod, 'status.containerStatuses')].reverse()) {
    addRestarts(summary, status);
    const waiting = textAt(status, 'state.waiting.reason');
    const terminated = at(status, 'state.terminated');
    if (waiting !== '') summary.reason = waiting;
    else if (terminated !== undefined) summary.reason = endReason(terminated);
    else if (at(status, 'ready') === true && at(status, 'state.running') !== undefined) {
      hasRunning = true;
      summary.ready++;
    }
  }
  if (summary.reason !== 'Completed' || !hasRunning) return;
  summary.reason = conditionOf(pod, 'Ready') === 'True' ? 'Running' : 'NotReady';
}

function addRestarts(summary: PodSummary, status: JsonValue): void {
  summary.restarts += countAt(status, 'restartCount');
  const endedMs = Date.parse(textAt(status, 'lastState.terminated.finishedAt'));
  if (endedMs > summary.lastRestartMs) summary.lastRestartMs = endedMs;
}

function endReason(terminated: JsonValue): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = countAt(terminated, 'signal');
  return signal === 0 ? `ExitCode:${countAt(terminated, 'exitCode')}` : `Signal:${signal}`;
}

function afterDeletion(pod: JsonObject, reason: string): string {
  if (textAt(pod, 'metadata.deletionTimestamp') === '') return reason;
  if (textAt(pod, 'status.reason') === 'NodeLost') return 'Unknown';
  const phase = textAt(pod, 'status.phase');
  return phase === 'Failed' || phase === 'Succeeded' ? reason : 'Terminating';
}

function restartsText(restarts: number, lastMs: number, { nowMs }: CellContext): string {
  if (restarts === 0 || lastMs === 0 || nowMs === undefined) return String(restarts);
  return `${restarts} (${formatDuration(nowMs - lastMs)} ago)`;
}

function readinessGates(pod: JsonObject): string {
  const gates = listAt(pod, 'spec.readinessGates').map((gate) => textAt(gate, 'conditionType'));
  const met = gates.filter((type) => conditionOf(pod, type) === 'True');
  return gates.length === 0 ? '<none>' : `${met.length}/${gates.length}`;
}
