import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { changeMember, isJsonObject, without } from './edit-object.ts';

/** What is left out of a comparison. */
export interface NoiseRules {
  /** What changes by itself: managed fields, resource versions, heartbeats, leases, events. */
  readonly ignoreNoise: boolean;
  /** What controllers report. */
  readonly ignoreStatus: boolean;
}

/** Events come by the hundred and are gone after an hour; leases are renewed every few seconds. */
export function isNoisyResource({
  group,
  resource,
}: {
  readonly group: string;
  readonly resource: string;
}): boolean {
  if (resource === 'leases') return group === 'coordination.k8s.io';
  return resource === 'events' && (group === '' || group === 'events.k8s.io');
}

/** The object without what the rules leave out: a copy as far as it differs. */
export function withoutNoise(object: JsonObject, { ignoreNoise, ignoreStatus }: NoiseRules): JsonObject {
  let rest = object;
  if (ignoreStatus) rest = without(rest, ['status']);
  if (!ignoreNoise) return rest;
  rest = changeMember(rest, 'metadata', (metadata) =>
    without(metadata, ['managedFields', 'resourceVersion']),
  );
  if (rest['kind'] === 'Node') rest = changeMember(rest, 'status', withoutHeartbeats);
  return rest;
}

function withoutHeartbeats(status: JsonObject): JsonObject {
  const { conditions } = status;
  if (!Array.isArray(conditions)) return status;
  const quiet = conditions.map((each) => (isJsonObject(each) ? without(each, ['lastHeartbeatTime']) : each));
  return { ...status, conditions: quiet };
}
