import { isHoldfastError, type OperationContext } from '../../../base/index.ts';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import type { ApiClient } from '../../../kubernetes/index.ts';
import { jsonOf, metadataOf, textOf } from './live-object.ts';
import { type PreparedObject, prepareObject } from './prepare-object.ts';
import { identityOf, itemIdentity, type RestoreItem } from './restore-item.ts';
import type { ConflictRule } from './restore-types.ts';
import { objectPath, type ServedResource, type ServerKinds } from './server-kinds.ts';

/** What the steps of one restore share. */
export interface RestoreWork {
  readonly client: ApiClient;
  readonly kinds: ServerKinds;
  readonly ctx: OperationContext;
  readonly onConflict: ConflictRule;
  readonly namespaceMap: ReadonlyMap<string, string>;
  /** By identity: uids of objects on the server, as far as they are known. */
  readonly uids: Map<string, string>;
  /** By identity: uids that dry runs made up for objects that are not there yet. */
  readonly dryUids: Map<string, string>;
}

/** Under this name the server notes whose fields these are. */
export const fieldManager = 'holdfast';

/** Webhooks may take half a minute. */
const writeTimeoutMs = 60_000;

/** An object as the server is to have it. */
export async function buildObject(
  item: RestoreItem,
  work: RestoreWork,
  dryRun: boolean,
): Promise<PreparedObject> {
  const { object, notes } = prepareObject(await item.load(), work.namespaceMap);
  const references: JsonObject[] = [];
  const lost: string[] = [];
  for (const { apiVersion, kind, name, reference } of item.owners) {
    const uid = await ownerUid({ apiVersion, kind, name }, item, work, dryRun);
    if (uid === undefined) lost.push(`${kind} ${name}`);
    else references.push({ ...reference, uid });
  }
  const owned =
    references.length === 0
      ? object
      : { ...object, metadata: { ...metadataOf(object), ownerReferences: references } };
  const dropped = lost.map((owner) => `not owned by ${owner} any more, which is not there`);
  return { object: owned, notes: [...notes, ...dropped] };
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** The uid of the object that has the owner's name now; undefined when there is none. */
async function ownerUid(
  { apiVersion, kind, name }: Owner,
  { namespace }: RestoreItem,
  work: RestoreWork,
  dryRun: boolean,
): Promise<string | undefined> {
  const served = await work.kinds.find(apiVersion, kind);
  if (served === undefined) return undefined;
  const where = served.namespaced ? namespace : undefined;
  const identity = identityOf(apiVersion, kind, where, name);
  const known = work.uids.get(identity) ?? (dryRun ? work.dryUids.get(identity) : undefined);
  if (known !== undefined) return known;
  const live = await getObject(objectPath(served, where, name), work);
  if (live === undefined) return undefined;
  const uid = textOf(metadataOf(live)['uid']);
  work.uids.set(identity, uid);
  return uid;
}

/** The object as it is on the server now, and its uid noted. */
export async function getLive(
  item: RestoreItem,
  served: ServedResource,
  work: RestoreWork,
): Promise<JsonObject | undefined> {
  const live = await getObject(pathOf(item, served), work);
  if (live !== undefined) work.uids.set(itemIdentity(item), textOf(metadataOf(live)['uid']));
  return live;
}

async function getObject(path: string, { client, ctx }: RestoreWork): Promise<JsonObject | undefined> {
  const found = await client.get(path, { signal: ctx.signal });
  return found === undefined ? undefined : jsonOf(found);
}

export function pathOf({ namespace, name }: RestoreItem, served: ServedResource): string {
  return objectPath(served, namespace, name);
}

export function writeOptions({ ctx }: RestoreWork, dryRun: boolean) {
  return { fieldManager, dryRun, signal: ctx.signal, timeoutMs: writeTimeoutMs };
}

/**
 * The server's reason for refusing one object; undefined for what is no answer about an object: a server that is gone,
 * credentials that it does not take, an interruption, a defect.
 */
export function refusalOf(error: unknown): string | undefined {
  if (!isHoldfastError(error)) return undefined;
  const { code, details, message } = error;
  if (code === 'OBJECT_NOT_READABLE') return message;
  const isAboutObject =
    code === 'API_SERVER_ERROR' || (code === 'API_SERVER_DENIED' && details['httpStatus'] === 403);
  if (!isAboutObject) return undefined;
  return typeof details['said'] === 'string' ? details['said'] : message;
}
