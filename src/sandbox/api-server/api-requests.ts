import { randomUUID } from 'node:crypto';
import { Compare_CompareResult, Compare_CompareTarget, type EtcdClient } from '../../etcd/index.ts';
import { type ApiTarget, apiResources, groupVersionOf, parseApiPath, storageKeyOf } from './api-resources.ts';
import { type ApiObject, objectOf } from './stored-object.ts';
import type { WatchCache } from './watch-cache.ts';

/** What a request is answered from. */
export interface ApiStore {
  readonly client: EtcdClient;
  readonly cache: WatchCache;
  /** `/registry`, without a slash at its end. */
  readonly prefix: string;
}

export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly accept: string;
  readonly body: () => Promise<unknown>;
}

export interface ApiReply {
  readonly status: number;
  readonly body: object | string;
}

/** A refusal, told as a Kubernetes Status. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** How long a list waits for the cache to know what etcd knows, as the real one does. */
const freshTimeoutMs = 3000;

/** Answers a request of an authenticated client. */
export async function answer(store: ApiStore, request: ApiRequest): Promise<ApiReply> {
  const discovery = request.method === 'GET' ? discoveryOf(request.url.pathname) : undefined;
  if (discovery !== undefined) return { status: 200, body: discovery };
  const target = parseApiPath(request.url.pathname);
  if (target === undefined)
    throw new ApiRefusal(404, 'NotFound', 'the server could not find the requested resource');
  switch (request.method) {
    case 'GET':
      return target.name === undefined ? list(store, target, request) : get(store, target);
    case 'POST':
      return create(store, target, await objectIn(request));
    case 'PUT':
      return update(store, target, await objectIn(request));
    case 'DELETE':
      return remove(store, target);
    default:
      throw new ApiRefusal(405, 'MethodNotAllowed', `${request.method} is not served by this stand-in`);
  }
}

function discoveryOf(path: string): object | undefined {
  const groupVersions = [...new Set(apiResources.map(groupVersionOf))];
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') {
    const groups = groupVersions
      .filter((groupVersion) => groupVersion !== 'v1')
      .map((groupVersion) => {
        const [name, version] = groupVersion.split('/');
        return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
      });
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  const groupVersion = groupVersions.find((one) => path === (one === 'v1' ? '/api/v1' : `/apis/${one}`));
  if (groupVersion === undefined) return undefined;
  const resources = apiResources
    .filter((one) => groupVersionOf(one) === groupVersion)
    .map(({ plural, kind, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['create', 'delete', 'get', 'list', 'update'],
    }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

/** From the cache: as it is with `resourceVersion=0`, otherwise as soon as it knows what etcd or the client knows. */
async function list(store: ApiStore, target: ApiTarget, { url, accept }: ApiRequest): Promise<ApiReply> {
  const { client, cache, prefix } = store;
  for (const unserved of ['watch', 'labelSelector', 'fieldSelector']) {
    if (url.searchParams.has(unserved))
      throw new ApiRefusal(400, 'BadRequest', `${unserved} is not served by this stand-in`);
  }
  if (cache.revision === undefined)
    throw new ApiRefusal(429, 'TooManyRequests', 'storage is (re)initializing');
  const asked = url.searchParams.get('resourceVersion') ?? '';
  if (asked !== '0') {
    const key = Buffer.from(`${prefix}/`);
    const known = asked === '' ? (await client.kv.range({ key, limit: 1n })).header!.revision : BigInt(asked);
    if (!(await cache.reaches(known, freshTimeoutMs)))
      throw new ApiRefusal(504, 'Timeout', `Too large resource version: ${known}`);
  }
  const metadataOnly = accept.includes('as=PartialObjectMetadataList');
  const after = url.searchParams.get('continue') ?? '';
  // The real one too hands out everything when asked for what it has in its cache.
  const limit = asked === '0' ? 0 : Number(url.searchParams.get('limit') ?? 0);
  const all = cache.list(storageKeyOf(prefix, target)).filter(({ key }) => key > after);
  const page = limit > 0 ? all.slice(0, limit) : all;
  const more = page.length < all.length ? { continue: page.at(-1)!.key } : {};
  return {
    status: 200,
    body: {
      kind: metadataOnly ? 'PartialObjectMetadataList' : `${target.resource.kind}List`,
      apiVersion: metadataOnly ? 'meta.k8s.io/v1' : groupVersionOf(target.resource),
      metadata: { resourceVersion: String(cache.revision), ...more },
      items: page
        .map((stored) => objectOf(prefix, target.resource, stored))
        .map((object) => (metadataOnly ? { metadata: object.metadata } : object)),
    },
  };
}

/** From etcd. */
async function get(store: ApiStore, target: ApiTarget): Promise<ApiReply> {
  const stored = await read(store, target);
  if (stored === undefined) throw notFound(target);
  return { status: 200, body: objectOf(store.prefix, target.resource, stored) };
}

async function create(store: ApiStore, target: ApiTarget, object: ApiObject): Promise<ApiReply> {
  const name = object.metadata['name'];
  if (typeof name !== 'string') throw new ApiRefusal(422, 'Invalid', 'metadata.name is missing');
  const reply = await write(store, { ...target, name }, object, 0n);
  if (reply === undefined)
    throw new ApiRefusal(409, 'AlreadyExists', `${target.resource.plural} "${name}" already exists`);
  return { status: 201, body: reply };
}

async function update(store: ApiStore, target: ApiTarget, object: ApiObject): Promise<ApiReply> {
  if (target.name === undefined) throw new ApiRefusal(405, 'MethodNotAllowed', 'a name is missing');
  const stored = await read(store, target);
  const claimed = object.metadata['resourceVersion'];
  const expected = typeof claimed === 'string' ? BigInt(claimed) : (stored?.modRevision ?? 0n);
  const old = stored === undefined ? {} : objectOf(store.prefix, target.resource, stored).metadata;
  const metadata = { uid: old['uid'], creationTimestamp: old['creationTimestamp'], ...object.metadata };
  const reply = await write(store, target, { ...object, metadata }, expected);
  if (reply === undefined)
    throw new ApiRefusal(409, 'Conflict', `${target.name}: the object has been modified`);
  return { status: stored === undefined ? 201 : 200, body: reply };
}

async function remove({ client, prefix }: ApiStore, target: ApiTarget): Promise<ApiReply> {
  if (target.name === undefined) throw new ApiRefusal(405, 'MethodNotAllowed', 'a name is missing');
  const { deleted } = await client.kv.deleteRange({ key: Buffer.from(storageKeyOf(prefix, target)) });
  if (deleted === 0n) throw notFound(target);
  return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };
}

async function read({ client, prefix }: ApiStore, target: ApiTarget) {
  const key = storageKeyOf(prefix, target);
  const { kvs } = await client.kv.range({ key: Buffer.from(key) });
  return kvs[0] === undefined ? undefined : { key, value: kvs[0].value, modRevision: kvs[0].modRevision };
}

/** Writes when the key is still at this revision (0: absent); undefined when it is not. */
async function write(
  { client, prefix }: ApiStore,
  target: ApiTarget & { readonly name?: string },
  object: ApiObject,
  modRevision: bigint,
): Promise<ApiObject | undefined> {
  const name = storageKeyOf(prefix, target);
  const metadata = { ...object.metadata };
  delete metadata['resourceVersion'];
  const stored = {
    ...object,
    kind: target.resource.kind,
    apiVersion: groupVersionOf(target.resource),
    metadata: {
      ...metadata,
      name: target.name,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      uid: metadata['uid'] ?? randomUUID(),
      creationTimestamp: metadata['creationTimestamp'] ?? `${new Date().toISOString().slice(0, 19)}Z`,
    },
  };
  const key = Buffer.from(name);
  const value = Buffer.from(JSON.stringify(stored));
  const { succeeded, header } = await client.kv.txn({
    compare: [
      {
        key,
        result: Compare_CompareResult.EQUAL,
        target: Compare_CompareTarget.MOD,
        targetUnion: { case: 'modRevision', value: modRevision },
      },
    ],
    success: [{ request: { case: 'requestPut', value: { key, value } } }],
  });
  if (!succeeded) return undefined;
  return objectOf(prefix, target.resource, { key: name, value, modRevision: header!.revision });
}

async function objectIn(request: ApiRequest): Promise<ApiObject> {
  const body = (await request.body()) as Partial<ApiObject> | null;
  if (typeof body !== 'object' || body === null)
    throw new ApiRefusal(400, 'BadRequest', 'an object was expected');
  return { kind: '', apiVersion: '', ...body, metadata: body.metadata ?? {} };
}

function notFound({ resource, name = '' }: ApiTarget): ApiRefusal {
  return new ApiRefusal(404, 'NotFound', `${resource.plural} "${name}" not found`);
}
