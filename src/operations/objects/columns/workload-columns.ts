/**
 * The columns of what runs pods.
 *
 * Source: kubernetes pkg/printers/internalversion/printers.go (1.36.2).
 */
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { formatAge, formatDuration } from './age.ts';
import {
  at,
  conditionOf,
  countAt,
  labelsText,
  listAt,
  objectAt,
  orNone,
  selectorText,
  textAt,
} from '../fields/index.ts';
import { ageOf, type CellContext, type KindColumns, kindColumns } from './kind-columns.ts';

const templateNames = ['+CONTAINERS', '+IMAGES'] as const;

function templateCells(object: JsonObject, path = 'spec.template.spec.containers'): readonly string[] {
  const containers = listAt(object, path);
  const joined = (name: string) => containers.map((one) => textAt(one, name)).join(',');
  return [joined('name'), joined('image')];
}

const selector = (object: JsonObject) => selectorText(objectAt(object, 'spec.selector'));
const number = (object: JsonObject, path: string) => String(countAt(object, path));

export const workloadColumns: Readonly<Record<string, KindColumns>> = {
  'apps/Deployment': kindColumns(
    ['READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE', ...templateNames, '+SELECTOR'],
    (object, context) => [
      `${number(object, 'status.readyReplicas')}/${number(object, 'spec.replicas')}`,
      number(object, 'status.updatedReplicas'),
      number(object, 'status.availableReplicas'),
      ageOf(object, context),
      ...templateCells(object),
      selector(object),
    ],
  ),
  'apps/ReplicaSet': kindColumns(
    ['DESIRED', 'CURRENT', 'READY', 'AGE', ...templateNames, '+SELECTOR'],
    (object, context) => [
      number(object, 'spec.replicas'),
      number(object, 'status.replicas'),
      number(object, 'status.readyReplicas'),
      ageOf(object, context),
      ...templateCells(object),
      selector(object),
    ],
  ),
  '/ReplicationController': kindColumns(
    ['DESIRED', 'CURRENT', 'READY', 'AGE', ...templateNames, '+SELECTOR'],
    (object, context) => [
      number(object, 'spec.replicas'),
      number(object, 'status.replicas'),
      number(object, 'status.readyReplicas'),
      ageOf(object, context),
      ...templateCells(object),
      orNone(labelsText(objectAt(object, 'spec.selector'))),
    ],
  ),
  'apps/StatefulSet': kindColumns(['READY', 'AGE', ...templateNames], (object, context) => [
    `${number(object, 'status.readyReplicas')}/${number(object, 'spec.replicas')}`,
    ageOf(object, context),
    ...templateCells(object),
  ]),
  'apps/DaemonSet': kindColumns(
    [
      'DESIRED',
      'CURRENT',
      'READY',
      'UP-TO-DATE',
      'AVAILABLE',
      'NODE SELECTOR',
      'AGE',
      ...templateNames,
      '+SELECTOR',
    ],
    (object, context) => [
      number(object, 'status.desiredNumberScheduled'),
      number(object, 'status.currentNumberScheduled'),
      number(object, 'status.numberReady'),
      number(object, 'status.updatedNumberScheduled'),
      number(object, 'status.numberAvailable'),
      orNone(labelsText(objectAt(object, 'spec.template.spec.nodeSelector'))),
      ageOf(object, context),
      ...templateCells(object),
      selector(object),
    ],
  ),
  'batch/Job': kindColumns(
    ['STATUS', 'COMPLETIONS', 'DURATION', 'AGE', ...templateNames, '+SELECTOR'],
    (object, context) => [
      jobStatus(object),
      completions(object),
      jobDuration(object, context),
      ageOf(object, context),
      ...templateCells(object),
      selector(object),
    ],
  ),
  'batch/CronJob': kindColumns(
    ['SCHEDULE', 'TIMEZONE', 'SUSPEND', 'ACTIVE', 'LAST SCHEDULE', 'AGE', ...templateNames, '+SELECTOR'],
    (object, context) => [
      textAt(object, 'spec.schedule'),
      orNone(textAt(object, 'spec.timeZone')),
      at(object, 'spec.suspend') === undefined ? '<unset>' : goBoolean(at(object, 'spec.suspend') === true),
      String(listAt(object, 'status.active').length),
      lastSchedule(object, context),
      ageOf(object, context),
      ...templateCells(object, 'spec.jobTemplate.spec.template.spec.containers'),
      selectorText(objectAt(object, 'spec.jobTemplate.spec.selector')),
    ],
  ),
  'apps/ControllerRevision': kindColumns(['CONTROLLER', 'REVISION', 'AGE'], (object, context) => [
    controllerOf(object),
    number(object, 'revision'),
    ageOf(object, context),
  ]),
};

function goBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

function jobStatus(job: JsonObject): string {
  if (conditionOf(job, 'Complete') === 'True') return 'Complete';
  if (conditionOf(job, 'Failed') === 'True') return 'Failed';
  if (textAt(job, 'metadata.deletionTimestamp') !== '') return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'])
    if (conditionOf(job, type) === 'True') return type;
  return 'Running';
}

function completions(job: JsonObject): string {
  const succeeded = countAt(job, 'status.succeeded');
  if (at(job, 'spec.completions') !== undefined) return `${succeeded}/${countAt(job, 'spec.completions')}`;
  const parallelism = countAt(job, 'spec.parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: JsonObject, { nowMs }: CellContext): string {
  const startedMs = Date.parse(textAt(job, 'status.startTime'));
  if (Number.isNaN(startedMs)) return '';
  const completed = textAt(job, 'status.completionTime');
  const endMs = completed === '' ? nowMs : Date.parse(completed);
  return endMs === undefined ? '<unknown>' : formatDuration(endMs - startedMs);
}

function lastSchedule(job: JsonObject, { nowMs }: CellContext): string {
  const stamp = textAt(job, 'status.lastScheduleTime');
  return stamp === '' ? '<none>' : formatAge(stamp, nowMs);
}

function controllerOf(object: JsonObject): string {
  const owner = listAt(object, 'metadata.ownerReferences').find((one) => at(one, 'controller') === true);
  if (owner === undefined) return '<none>';
  const [group = ''] = textAt(owner, 'apiVersion').includes('/')
    ? textAt(owner, 'apiVersion').split('/')
    : [''];
  const kind = textAt(owner, 'kind').toLowerCase();
  return `${group === '' ? kind : `${kind}.${group}`}/${textAt(owner, 'name')}`;
}
