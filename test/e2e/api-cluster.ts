import assert from 'node:assert/strict';
import type { EtcdClient } from '../../src/etcd/index.ts';
import type { EtcdServer } from '../support/etcd-server.ts';
import { openTestClient } from '../support/etcd-client.ts';
import type { StartedKubeApiserver } from '../support/kube-apiserver.ts';
import { type KubernetesSample, sampleFile } from '../support/kubernetes-samples.ts';
import { eventually } from '../support/waiting.ts';

export interface ObjectPlace {
  readonly namespace?: string;
  readonly name: string;
}

/** An object as the API server serves it. */
export interface SampleObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectPlace & {
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly uid: string;
    }[];
    readonly managedFields?: readonly { readonly manager: string }[];
  };
  readonly [field: string]: unknown;
}

/** Every object that the API server of a sample served, but for what it stores nowhere. */
export async function sampleObjects(sample: KubernetesSample): Promise<SampleObject[]> {
  const text = Buffer.from(await sampleFile(sample, 'objects.json')).toString();
  const { items } = JSON.parse(text) as { readonly items: readonly SampleObject[] };
  return items.filter(({ kind }) => kind !== 'ComponentStatus');
}

interface Kind {
  readonly base: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

/** An API server's leases and their addresses, events, and what it repairs every few minutes. */
const renewed =
  /^\/registry\/(leases|masterleases|peerserverleases|events|ranges|ipaddresses|servicecidrs|flowschemas|prioritylevelconfigurations)\//;

/** A real API server and its etcd, handled as a test needs them. */
export class ApiCluster implements AsyncDisposable {
  readonly #server: StartedKubeApiserver;
  readonly #etcd: EtcdClient;
  readonly #kinds = new Map<string, readonly (Kind & { readonly kind: string })[]>();

  constructor(server: StartedKubeApiserver, etcd: EtcdServer) {
    this.#server = server;
    this.#etcd = openTestClient(etcd);
  }

  async get(apiVersion: string, kind: string, place: ObjectPlace): Promise<SampleObject | undefined> {
    const { status, body } = await this.#server.request('GET', await this.#path(apiVersion, kind, place));
    if (status === 404) return undefined;
    assert.equal(status, 200, JSON.stringify(body));
    return body as SampleObject;
  }

  async dataOf(place: ObjectPlace): Promise<Record<string, string>> {
    return (await this.get('v1', 'ConfigMap', place))!['data'] as Record<string, string>;
  }

  async create(object: SampleObject): Promise<void> {
    const path = await this.#path(object.apiVersion, object.kind, object.metadata);
    const collection = path.slice(0, path.lastIndexOf('/'));
    const { status, body } = await this.#server.request('POST', collection, {
      type: 'application/json',
      value: object,
    });
    assert.equal(status, 201, JSON.stringify(body));
  }

  async patch(apiVersion: string, kind: string, place: ObjectPlace, value: object): Promise<void> {
    const path = await this.#path(apiVersion, kind, place);
    const { status, body } = await this.#server.request('PATCH', path, {
      type: 'application/merge-patch+json',
      value,
    });
    assert.equal(status, 200, JSON.stringify(body));
  }

  /** Deletes an object, and does not wait for controllers, which nobody runs. */
  async delete(apiVersion: string, kind: string, place: ObjectPlace): Promise<void> {
    await this.#delete(await this.#path(apiVersion, kind, place), kind);
  }

  /** Deletes every object in a namespace; returns how many there were. */
  async deleteAllIn(namespace: string): Promise<number> {
    let count = 0;
    for (const version of await this.#versions()) {
      for (const { base, resource, namespaced, kind } of await this.#kindsOf(version)) {
        if (!namespaced) continue;
        const collection = `${base}/namespaces/${namespace}/${resource}`;
        // The cache of a definition's objects is filled when it is first asked for (429 until then).
        const items = await eventually(60_000, collection, async () => {
          const { status, body } = await this.#server.request('GET', collection);
          return status === 200 ? (body as { readonly items: readonly SampleObject[] }).items : undefined;
        });
        for (const { metadata } of items) {
          await this.#delete(`${collection}/${encodeURIComponent(metadata.name)}`, kind);
          count++;
        }
      }
    }
    return count;
  }

  /** `deployments.apps`; the kind's version must have been asked for before. */
  resourceOf({ apiVersion, kind }: SampleObject): string {
    const found = this.#kinds.get(apiVersion)?.find((each) => each.kind === kind);
    assert.ok(found !== undefined, `${apiVersion} ${kind} is served`);
    const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
    return found.resource + group;
  }

  forgetKinds(): void {
    this.#kinds.clear();
  }

  /** Keys of etcd with the revision that wrote them, without those that the API server looks after by itself. */
  async keys(prefix: string, filter: (key: string) => boolean = () => true): Promise<Record<string, bigint>> {
    const found: Record<string, bigint> = {};
    const { kvs } = await this.#etcd.kv.range({
      key: Buffer.from(prefix),
      rangeEnd: Buffer.from(`${prefix}0`),
      keysOnly: true,
    });
    for (const { key, modRevision } of kvs) {
      const name = Buffer.from(key).toString();
      if (!renewed.test(name) && filter(name)) found[name] = modRevision;
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#etcd[Symbol.asyncDispose]();
  }

  /** Groups of definitions are listed a moment after the server is ready. */
  async servesGroup(group: string): Promise<void> {
    await eventually(60_000, `${group} is served`, async () => {
      const { status } = await this.#server.request('GET', `/apis/${group}`);
      return status === 200 && (await this.#versions()).some((version) => version.startsWith(`${group}/`))
        ? true
        : undefined;
    });
  }

  async #delete(path: string, kind: string): Promise<void> {
    const options = {
      type: 'application/json',
      value: { gracePeriodSeconds: 0, propagationPolicy: 'Background' },
    };
    const { status, body } = await this.#server.request('DELETE', path, options);
    assert.ok(status === 200 || status === 202 || status === 404, JSON.stringify(body));
    const left = await this.#server.request('GET', path);
    // The API server itself cleans up behind a definition.
    if (left.status === 404 || kind === 'CustomResourceDefinition') return;
    await this.#server.request('PATCH', path, {
      type: 'application/merge-patch+json',
      value: { metadata: { finalizers: null } },
    });
    assert.equal((await this.#server.request('GET', path)).status, 404, path);
  }

  async #path(apiVersion: string, kind: string, { namespace, name }: ObjectPlace): Promise<string> {
    const found = (await this.#kindsOf(apiVersion)).find((each) => each.kind === kind);
    assert.ok(found !== undefined, `${apiVersion} ${kind} is served`);
    const where = found.namespaced ? `/namespaces/${namespace}` : '';
    return `${found.base}${where}/${found.resource}/${encodeURIComponent(name)}`;
  }

  async #versions(): Promise<string[]> {
    const { body } = await this.#server.request('GET', '/apis');
    const { groups } = body as { readonly groups: { readonly preferredVersion: { groupVersion: string } }[] };
    return ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  }

  async #kindsOf(apiVersion: string): Promise<readonly (Kind & { readonly kind: string })[]> {
    const known = this.#kinds.get(apiVersion);
    if (known !== undefined) return known;
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { status, body } = await this.#server.request('GET', base);
    assert.equal(status, 200, apiVersion);
    const { resources } = body as {
      readonly resources: readonly { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
    };
    const kinds = resources
      .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('delete'))
      .map(({ name, kind, namespaced }) => ({ base, resource: name, kind, namespaced }));
    this.#kinds.set(apiVersion, kinds);
    return kinds;
  }
}

const notedByControllers =
  /^(deployment\.kubernetes\.io\/|kubectl\.kubernetes\.io\/last-applied|pv\.kubernetes\.io\/bound-by|pv\.kubernetes\.io\/bind-completed|kubernetes\.io\/service-account\.uid)/;

/** What of an object people write: without what a server gives anew to each. */
export function comparable(object: SampleObject): unknown {
  const { name, namespace, labels = {}, annotations = {}, finalizers, ownerReferences } = object.metadata;
  const kept = Object.entries(annotations).filter(([annotation]) => !notedByControllers.test(annotation));
  const { spec } = object as SampleObject & { readonly spec?: Spec };
  return {
    ...without(object, ['status']),
    ...(spec !== undefined && { spec: comparableSpec(object.kind, spec) }),
    metadata: {
      name,
      namespace,
      labels: object.kind === 'Job' ? withoutJobLabels(labels) : labels,
      annotations: Object.fromEntries(kept),
      finalizers,
      owners: ownerReferences?.map((owner) => `${owner.kind} ${owner.name}`),
    },
  };
}

type Spec = Readonly<Record<string, unknown>> & {
  readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
};

function comparableSpec(kind: string, spec: Spec): object {
  if (kind === 'Service' && spec['clusterIP'] !== 'None') return without(spec, ['clusterIP', 'clusterIPs']);
  if (kind === 'Pod') return without(spec, ['nodeName']);
  if (kind !== 'Job') return spec;
  const { template } = spec;
  const labels = withoutJobLabels(template?.metadata?.labels ?? {});
  return {
    ...without(spec, ['selector']),
    template: { ...template, metadata: { ...template?.metadata, labels } },
  };
}

function withoutJobLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => !/(^|\/)(controller-uid|job-name)$/.test(name)),
  );
}

function without(object: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}
