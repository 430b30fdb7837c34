import { isHoldfastError } from '../../../base/index.ts';
import type { ApiClient } from '../../../kubernetes/index.ts';

/** Where the server has the objects of a kind. */
export interface ServedResource {
  /** `/apis/apps/v1`. */
  readonly base: string;
  /** Plural name. */
  readonly resource: string;
  readonly namespaced: boolean;
}

/** What an API server serves, asked for version by version as it is needed. */
export class ServerKinds {
  readonly #client: ApiClient;
  readonly #signal: AbortSignal;
  readonly #versions = new Map<string, Promise<ReadonlyMap<string, ServedResource>>>();

  constructor(client: ApiClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Undefined for a kind that is not served, by this version of its group at least. */
  async find(apiVersion: string, kind: string): Promise<ServedResource | undefined> {
    const known = this.#versions.get(apiVersion) ?? this.#read(apiVersion);
    this.#versions.set(apiVersion, known);
    return (await known).get(kind);
  }

  /** Asks anew from now on: definitions were made. */
  forget(): void {
    this.#versions.clear();
  }

  async #read(apiVersion: string): Promise<ReadonlyMap<string, ServedResource>> {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const served = new Map<string, ServedResource>();
    try {
      const list = await this.#client.get(base, { signal: this.#signal });
      const resources: unknown = list?.['resources'];
      for (const each of Array.isArray(resources) ? (resources as Record<string, unknown>[]) : []) {
        const { name, kind, namespaced } = each;
        // Those with a slash are parts of objects: `deployments/scale`.
        if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) continue;
        served.set(kind, { base, resource: name, namespaced: namespaced === true });
      }
    } catch (error) {
      if (!isHoldfastError(error) || error.details['httpStatus'] !== 404) throw error;
    }
    return served;
  }
}

/** The path of one object. */
export function objectPath(
  { base, resource, namespaced }: ServedResource,
  namespace: string | undefined,
  name: string,
): string {
  const where = namespaced ? `/namespaces/${encodeURIComponent(namespace ?? 'default')}` : '';
  return `${base}${where}/${resource}/${encodeURIComponent(name)}`;
}
