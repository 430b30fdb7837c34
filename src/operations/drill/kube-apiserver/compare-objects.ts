import { hasCode, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import {
  isEncryptedValue,
  type JsonObject,
  type JsonValue,
} from '../../../formats/kubernetes-object/index.ts';
import type { ApiClient, KubernetesObject } from '../../../kubernetes/index.ts';
import type { UnreadObject } from '../../objects/decode/index.ts';
import { compareValues, formatFieldPath, without } from '../../objects/fields/index.ts';
import type { Inspection } from '../../objects/inspect/index.ts';
import { type FoundObject, selectKeys, selectObjects } from '../../objects/select/index.ts';
import type { ObjectSource } from '../../objects/source/index.ts';
import type { FindingLog } from '../../verify/index.ts';

export interface CompareObjectsOptions {
  readonly client: ApiClient;
  readonly inspection: Inspection;
  /** At which the API server is asked: that of the backup, whatever it has written since. */
  readonly revision: bigint;
}

interface Tally {
  compared: number;
  encrypted: number;
  notServed: number;
  /** `apps/v1 deployments`. */
  readonly unservedKinds: Set<string>;
}

const pageSize = 500;
const shownFields = 5;

/**
 * Compares every object of the backup, decoded offline, with what the API server serves, resource by resource and field
 * by field. Messages name objects and fields, never values.
 *
 * Errors: those of the source and of the API client, INTERRUPTED.
 */
export async function compareObjects(
  options: CompareObjectsOptions,
  log: FindingLog,
  ctx: OperationContext,
): Promise<string> {
  const tally: Tally = { compared: 0, encrypted: 0, notServed: 0, unservedKinds: new Set() };
  for (const resource of await resourcesIn(options.inspection)) {
    throwIfInterrupted(ctx.signal);
    await compareResource(resource, { ...options, tally, log, signal: ctx.signal });
  }
  const { compared, encrypted, notServed, unservedKinds } = tally;
  if (notServed > 0) {
    const kinds = [...unservedKinds].join(', ');
    log.warn('not-served', `${notServed} objects are of kinds that this API server does not serve: ${kinds}`);
  }
  if (encrypted > 0)
    log.warn(
      'encrypted',
      `${encrypted} objects are encrypted and were not compared: give --encryption-config`,
    );
  return `${compared} objects as the API server serves them`;
}

/** Whether any value is encrypted at rest. */
export async function holdsEncrypted(source: ObjectSource): Promise<boolean> {
  for await (const { value } of source.entries()) if (isEncryptedValue(value)) return true;
  return false;
}

interface Comparing extends CompareObjectsOptions {
  readonly tally: Tally;
  readonly log: FindingLog;
  readonly signal: AbortSignal;
}

async function resourcesIn(inspection: Inspection): Promise<string[]> {
  const names = new Set<string>();
  for await (const { place } of selectKeys(inspection, { allNamespaces: true }))
    names.add(place.group === '' ? place.resource : `${place.resource}.${place.group}`);
  return [...names];
}

/** Lists are kept as they came, for one resource at a time, by the version in which its objects are stored. */
type Listed = ReadonlyMap<string, KubernetesObject> | undefined;

async function compareResource(resource: string, comparing: Comparing): Promise<void> {
  const lists = new Map<string, Listed>();
  const seen = new Set<string>();
  for await (const found of selectObjects(comparing.inspection, { words: [resource], allNamespaces: true })) {
    const { object, place } = found;
    if (!('object' in object)) {
      addUnread(found, object, comparing);
      continue;
    }
    // As it is served; some are stored in a version that no server knows any more.
    const apiVersion = textOf(object.object['apiVersion']);
    if (!lists.has(apiVersion)) lists.set(apiVersion, await list(apiVersion, place.resource, comparing));
    const listed = lists.get(apiVersion);
    seen.add(id(place.namespace, place.name));
    if (listed === undefined) {
      comparing.tally.notServed++;
      comparing.tally.unservedKinds.add(`${apiVersion} ${place.resource}`);
    } else compareObject(found, object.object, listed.get(id(place.namespace, place.name)), comparing);
  }
  for (const listed of lists.values()) reportExtra(resource, listed, seen, comparing);
}

function addUnread(found: FoundObject, { state, finding }: UnreadObject, { tally, log }: Comparing): void {
  if (state === 'encrypted') tally.encrypted++;
  else log.fail('object-undecodable', `${words(found)} does not decode: ${finding.message}`);
}

function compareObject(
  found: FoundObject,
  ours: JsonObject,
  theirs: KubernetesObject | undefined,
  { log, tally }: Comparing,
): void {
  if (theirs === undefined) {
    log.fail('object-missing', `${words(found)} is not served`);
    return;
  }
  tally.compared++;
  // Lists leave these two out.
  const rest = without(theirs as JsonObject, ['apiVersion', 'kind']);
  const served = { apiVersion: ours['apiVersion']!, kind: ours['kind']!, ...rest };
  const changes = compareValues(ours, served);
  if (changes.length === 0) return;
  const fields = changes.slice(0, shownFields).map(({ path }) => formatFieldPath(path));
  const more = changes.length > shownFields ? ` and ${changes.length - shownFields} more` : '';
  log.fail('object-differs', `${words(found)} is served with other fields: ${fields.join(', ')}${more}`);
}

function reportExtra(
  resource: string,
  listed: Listed,
  seen: ReadonlySet<string>,
  { log, tally }: Comparing,
): void {
  if (listed === undefined || tally.encrypted > 0) return;
  for (const name of listed.keys())
    if (!seen.has(name)) log.fail('object-extra', `${resource} ${name} is served, and not in the backup`);
}

/** Undefined when this version is not served. */
async function list(
  apiVersion: string,
  resource: string,
  { client, revision, signal }: Comparing,
): Promise<Listed> {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const objects = new Map<string, KubernetesObject>();
  let query = `limit=${pageSize}&resourceVersion=${revision}&resourceVersionMatch=Exact`;
  for (;;) {
    const page = await getPage(client, `${base}/${resource}?${query}`, signal);
    if (page === undefined) return undefined;
    for (const item of page.items) {
      const { namespace, name = '' } = (item['metadata'] ?? {}) as { namespace?: string; name?: string };
      objects.set(id(namespace, name), item);
    }
    if (page.next === '') return objects;
    query = `limit=${pageSize}&continue=${encodeURIComponent(page.next)}`;
  }
}

/** A page with its numbers exact, which lists are not read with. */
async function getPage(client: ApiClient, path: string, signal: AbortSignal) {
  try {
    const page = await client.get(path, { signal });
    if (page === undefined) return undefined;
    const { continue: next = '' } = (page['metadata'] ?? {}) as { continue?: string };
    return { items: (page['items'] ?? []) as readonly KubernetesObject[], next };
  } catch (error) {
    if (hasCode(error, 'API_SERVER_ERROR') && error.details['httpStatus'] === 404) return undefined;
    throw error;
  }
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function id(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function words({ place }: FoundObject): string {
  return `${place.resource} ${id(place.namespace, place.name)}`;
}
