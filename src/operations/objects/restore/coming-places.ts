import { waitUntil } from '../../../base/index.ts';
import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { isJsonObject } from '../fields/index.ts';
import type { ItemCheck } from './check-item.ts';
import { jsonOf, metadataOf, textOf } from './live-object.ts';
import { isDefinition, isNamespace, type RestoreItem } from './restore-item.ts';
import type { RestoreWork } from './restore-work.ts';

export type NamespaceState = 'there' | 'missing' | 'terminating' | 'coming';

/** The namespaces and definitions that objects of a restore need: there, or coming with the restore itself. */
export class ComingPlaces {
  readonly #work: RestoreWork;
  readonly #namespaces = new Map<string, NamespaceState>();
  /** Group and kind of definitions that will be written, and where they are. */
  readonly #definitions = new Map<string, { readonly name: string; readonly versions: readonly string[] }>();

  constructor(work: RestoreWork) {
    this.#work = work;
  }

  async namespace(name: string): Promise<NamespaceState> {
    const known = this.#namespaces.get(name) ?? (await this.#lookUp(name));
    this.#namespaces.set(name, known);
    return known;
  }

  isKindComing(apiVersion: string, kind: string): boolean {
    return this.#definitions.has(definitionKey(apiVersion, kind));
  }

  /** Takes note of what the check of a namespace or definition has shown. */
  async note(item: RestoreItem, check: ItemCheck): Promise<void> {
    if (check.next !== 'write') return;
    if (isNamespace(item) && check.outcome === 'created') this.#namespaces.set(item.name, 'coming');
    if (isDefinition(item)) await this.#noteDefinition(item);
  }

  /** What was coming has come, or has not: the server is asked again. */
  async arrive(written: readonly RestoreItem[], timeoutMs: number): Promise<void> {
    this.#namespaces.clear();
    const names = new Set(written.filter(isDefinition).map(({ name }) => name));
    for (const [key, { name, versions }] of this.#definitions) {
      if (names.has(name)) await this.#waitUntilServed(key, name, versions, timeoutMs);
    }
    this.#definitions.clear();
    this.#work.kinds.forget();
  }

  async #lookUp(name: string): Promise<NamespaceState> {
    const { client, ctx } = this.#work;
    const found = await client.get(`/api/v1/namespaces/${encodeURIComponent(name)}`, { signal: ctx.signal });
    if (found === undefined) return 'missing';
    return metadataOf(jsonOf(found))['deletionTimestamp'] === undefined ? 'there' : 'terminating';
  }

  async #noteDefinition(item: RestoreItem): Promise<void> {
    const spec = membersOf((await item.load())['spec']);
    const group = textOf(spec['group']);
    const kind = textOf(membersOf(spec['names'])['kind']);
    const versions = Array.isArray(spec['versions']) ? spec['versions'].filter(isJsonObject) : [];
    const served = versions.filter((version) => version['served'] === true).map(({ name }) => textOf(name));
    this.#definitions.set(definitionKey(`${group}/`, kind), {
      name: item.name,
      versions: served.map((version) => `${group}/${version}`),
    });
  }

  async #waitUntilServed(
    key: string,
    name: string,
    versions: readonly string[],
    timeoutMs: number,
  ): Promise<void> {
    const { client, kinds, ctx } = this.#work;
    const kind = key.slice(key.indexOf(' ') + 1);
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${encodeURIComponent(name)}`;
    await waitUntil(
      `the definition ${name} is not served`,
      async () => {
        const live = await client.get(path, { signal: ctx.signal });
        const problem = live === undefined ? 'it is not there' : whyNotEstablished(jsonOf(live));
        if (problem !== undefined) return { waitingFor: problem };
        kinds.forget();
        for (const version of versions) {
          if ((await kinds.find(version, kind)) === undefined)
            return { waitingFor: `${version} is not served` };
        }
        return { done: undefined };
      },
      { timeoutMs },
      ctx,
    );
  }
}

/** A definition whose names are taken never becomes established, and says so. */
function whyNotEstablished(definition: JsonObject): string | undefined {
  const { conditions } = membersOf(definition['status']);
  const all = Array.isArray(conditions) ? conditions.filter(isJsonObject) : [];
  if (all.some(({ type, status }) => type === 'Established' && status === 'True')) return undefined;
  const refused = all.find(({ type, status }) => type === 'NamesAccepted' && status === 'False');
  return refused === undefined ? 'it is not established' : textOf(refused['message']);
}

function definitionKey(apiVersion: string, kind: string): string {
  return `${apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')))} ${kind}`;
}

function membersOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
