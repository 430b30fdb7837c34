/**
 * The history of a made-up cluster, row by row in the order of revisions: objects of a real API server as moulds, all
 * kinds mixed, then ten minutes of updates as nodes, leases, pods and controllers make them, with deletions.
 */
import { encodeKeyValue, encodeRevision, encodeTombstone } from '../../src/formats/mvcc/index.ts';
import type { BuildItem } from '../../src/formats/bbolt/index.ts';
import { utf8 } from '../../src/base/index.ts';
import { readLive } from '../../test/kubernetes-object/sample-objects.ts';
import { Random } from '../../test/support/random.ts';
import { type Mould, mouldOf } from './stored-template.ts';

const sample = 'shop-3.6';

/** What a cluster of this kind has: how many of a hundred objects, and how large their payload is. */
interface Recipe {
  readonly path: string;
  readonly share: number;
  readonly isClusterWide?: boolean;
  readonly namespace?: string;
  /** Namespace of the sample's objects that are taken as moulds; all without it. */
  readonly mouldsIn?: string;
  /** Most bytes of the extra payload; most have much less. */
  readonly payloadBytes?: number;
  readonly isLeased?: boolean;
}

const recipes: readonly Recipe[] = [
  // Most pods run; those of the sample's namespaces wait for a node.
  { path: 'pods', share: 22, mouldsIn: 'kube-system' },
  { path: 'pods', share: 5 },
  { path: 'events', share: 20, isLeased: true },
  { path: 'replicasets', share: 12 },
  { path: 'configmaps', share: 11, payloadBytes: 60_000 },
  { path: 'secrets', share: 13, payloadBytes: 45_000 },
  { path: 'deployments', share: 3 },
  { path: 'endpointslices', share: 3 },
  { path: 'services/specs', share: 3 },
  { path: 'serviceaccounts', share: 3 },
  { path: 'rolebindings', share: 1 },
  { path: 'billing.example.com/invoices', share: 2 },
  { path: 'minions', share: 1, isClusterWide: true },
  { path: 'leases', share: 1, namespace: 'kube-node-lease' },
];

/** How often they change in the part of the history that is not compacted away. */
const updates: readonly (readonly [path: string, weight: number])[] = [
  ['leases', 60],
  ['minions', 10],
  ['pods', 20],
  ['endpointslices', 4],
  ['deployments', 4],
  ['configmaps', 2],
];
/** Of each kind; more are not remembered. */
const changingObjects = 20_000;
const namespaces = 300;
const leasesOfEvents = 60;

/** A live object that changes again. */
interface Living {
  readonly key: Uint8Array;
  readonly createRevision: bigint;
  version: bigint;
  readonly make: (batch: string) => Uint8Array;
}

export interface ClusterHistoryOptions {
  readonly seed: number;
  /** How much of the wanted size is written, from 0 to 1; rows come until it is 1. */
  readonly done: () => number;
}

/** Share of the file that holds each object as it was when it came; the rest are changes. */
const firstPart = 0.85;

export class ClusterHistory {
  revision = 1n;
  compactRevision = 1n;
  readonly leases: readonly bigint[];
  readonly #random: Random;
  readonly #done: () => number;
  readonly #moulds = new Map<Recipe, readonly Mould[]>();
  readonly #living = new Map<string, Living[]>();
  #text: Uint8Array = new Uint8Array(0);
  #objects = 0;

  constructor({ seed, done }: ClusterHistoryOptions) {
    this.#random = new Random(seed);
    this.#done = done;
    this.leases = Array.from({ length: leasesOfEvents }, (_, i) => 0x32697a0000000000n + BigInt(i) * 7919n);
  }

  /** All rows of bucket `key`. */
  async rows(): Promise<Iterable<BuildItem>> {
    const live = await readLive(sample);
    for (const recipe of recipes) {
      const below = `/registry/${recipe.path}/${recipe.mouldsIn ?? ''}`;
      const values = [...live].filter(([key]) => key.startsWith(below)).map(([, row]) => row.value);
      if (values.length === 0) throw new Error(`the sample has nothing in ${below}`);
      this.#moulds.set(recipe, values.map(mouldOf));
    }
    this.#text = payloadText(this.#random);
    return this.#rows([...live].map(([key, { value }]) => [key, value]));
  }

  *#rows(frame: readonly (readonly [key: string, value: Uint8Array])[]): Generator<BuildItem> {
    // The cluster itself: namespaces, definitions, roles, what runs in kube-system.
    for (const [key, value] of frame) yield this.#first(utf8(key), value, 0n);
    const drawn = recipes.flatMap((recipe) => Array.from({ length: recipe.share }, () => recipe));
    while (this.#done() < firstPart) yield this.#create(this.#random.pick(drawn));
    this.compactRevision = this.revision;
    const changing = updates.flatMap(([path, weight]) => Array.from({ length: weight }, () => path));
    while (this.#done() < 1) {
      if (this.#random.chance(0.06)) yield this.#create(this.#random.pick(drawn));
      else yield this.#change(this.#random.pick(changing));
    }
  }

  #create(recipe: Recipe): BuildItem {
    const random = this.#random;
    const number = this.#objects++;
    const name = `${nameStems[number % nameStems.length]}-${number.toString(36)}-${random.int(0, 0x7fffffff).toString(36)}`;
    const namespace = recipe.isClusterWide
      ? undefined
      : (recipe.namespace ?? `team-${random.int(1, namespaces)}`);
    const key = utf8(`/registry/${recipe.path}/${namespace === undefined ? '' : `${namespace}/`}${name}`);
    const mould = random.pick(this.#moulds.get(recipe)!);
    const uid = uidOf(random);
    const data = recipe.payloadBytes === undefined ? undefined : this.#payload(recipe.payloadBytes);
    const make = (batch: string) =>
      mould({ name, namespace, uid, batch, ...(data === undefined ? {} : { data }) });
    const lease = recipe.isLeased ? random.pick(this.leases) : 0n;
    const item = this.#first(key, make('1'), lease);
    const living = this.#living.get(recipe.path) ?? [];
    this.#living.set(recipe.path, living);
    if (!recipe.isLeased && living.length < changingObjects)
      living.push({ key, createRevision: this.revision, version: 1n, make });
    return item;
  }

  #first(key: Uint8Array, value: Uint8Array, lease: bigint): BuildItem {
    // What a compaction leaves has gaps.
    this.revision += this.compactRevision === 1n ? BigInt(this.#random.int(1, 40)) : 1n;
    const record = {
      key,
      createRevision: this.revision,
      modRevision: this.revision,
      version: 1n,
      value,
      lease,
    };
    return { key: this.#rowKey(false), value: encodeKeyValue(record) };
  }

  #change(path: string): BuildItem {
    const living = this.#living.get(path)!;
    const place = this.#random.int(0, living.length - 1);
    const one = living[place]!;
    this.revision++;
    if (path === 'pods' && this.#random.chance(0.1)) {
      living.splice(place, 1);
      return { key: this.#rowKey(true), value: encodeTombstone(one.key) };
    }
    one.version++;
    const { key, createRevision, version } = one;
    const value = one.make(version.toString());
    const record = { key, createRevision, modRevision: this.revision, version, value, lease: 0n };
    return { key: this.#rowKey(false), value: encodeKeyValue(record) };
  }

  #rowKey(tombstone: boolean): Uint8Array {
    return encodeRevision({ main: this.revision, sub: 0n, tombstone });
  }

  #payload(mostBytes: number): Uint8Array {
    const random = this.#random;
    const sizeBytes = 200 + Math.floor(mostBytes * random.next() * random.next() * random.next());
    const start = random.int(0, this.#text.length - sizeBytes);
    return this.#text.subarray(start, start + sizeBytes);
  }
}

const nameStems = [
  'web',
  'checkout-api',
  'payments-worker',
  'ingress-controller',
  'cache',
  'reports-nightly',
];

function uidOf(random: Random): string {
  const part = (digits: number) =>
    random
      .int(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, '0');
  return `${part(8)}-${part(4)}-4${part(3)}-a${part(3)}-${part(6)}${part(6)}`;
}

/** Base64 text, as certificates and releases are. */
function payloadText(random: Random): Uint8Array {
  return Buffer.from(Buffer.from(random.bytes(768 * 1024)).toString('base64'));
}
