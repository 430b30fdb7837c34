import { type Finding, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import { formatKubernetesYaml, type JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { type Inspection, type InspectionOptions, isSecret, openInspection } from '../inspect/index.ts';
import { type FoundKey, type ObjectSelection, selectKeys, selectObjects } from '../select/index.ts';
import { applyRank } from './apply-order.ts';
import { stripObject } from './strip-object.ts';

export interface ExtractObjectsOptions extends InspectionOptions {
  readonly selection: ObjectSelection;
  /** The objects untouched, as the API server would serve them. */
  readonly raw?: boolean;
  /** Secrets are left out, and counted, unless this is set. */
  readonly includeSecrets?: boolean;
  /** Takes one document after the other, in the order in which they can be applied. */
  readonly write: (document: ExtractedObject) => Promise<void>;
}

export interface ExtractedObject {
  /** `deployments.apps`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Place in the order of application; the same for resources that do not need each other. */
  readonly rank: number;
  /** One document, with a line feed at its end and without `---`. */
  readonly yaml: string;
}

export interface ExtractResult {
  readonly source: string;
  readonly revision: bigint;
  readonly written: number;
  readonly secretsLeftOut: number;
  /** Objects that were owned by others and are not any more: controllers may make their own beside them. */
  readonly ownersDropped: number;
  /** What could not be read, and was left out. */
  readonly unread: readonly { readonly object: string; readonly finding: Finding }[];
}

/**
 * Writes the objects of a selection as YAML that can be applied. Memory grows with the number of keys.
 *
 * Errors: those of opening the source and of the selection, and what `write` throws.
 */
export async function extractObjects(
  options: ExtractObjectsOptions,
  ctx: OperationContext,
): Promise<ExtractResult> {
  await using inspection = await openInspection(options, ctx);
  const { raw = false, includeSecrets = false } = options;
  const all = await orderedKeys(inspection, options.selection, ctx);
  const chosen = all.filter(({ found }) => includeSecrets || !isSecret(found.place));
  const unread: { object: string; finding: Finding }[] = [];
  let ownersDropped = 0;
  for (const { found, resource, rank } of chosen) {
    throwIfInterrupted(ctx.signal);
    const { namespace, name } = found.place;
    const object = await readFound(inspection, found);
    if (!('object' in object)) {
      const path = [resource, ...(namespace === undefined ? [] : [namespace]), name].join('/');
      unread.push({ object: path, finding: object.finding });
      continue;
    }
    if (!raw && hasOwners(object.object)) ownersDropped++;
    const yaml = formatKubernetesYaml(raw ? object.object : stripObject(object.object));
    await options.write({ resource, namespace, name, rank, yaml });
  }
  return {
    source: inspection.source.description,
    revision: inspection.source.revision,
    written: chosen.length - unread.length,
    secretsLeftOut: all.length - chosen.length,
    ownersDropped,
    unread,
  };
}

interface OrderedKey {
  readonly found: FoundKey;
  readonly resource: string;
  readonly rank: number;
}

async function orderedKeys(
  inspection: Inspection,
  selection: ObjectSelection,
  ctx: OperationContext,
): Promise<OrderedKey[]> {
  const hasSelector = Boolean(selection.labelSelector) || Boolean(selection.fieldSelector);
  const keys: OrderedKey[] = [];
  const selected = hasSelector
    ? selectObjects(inspection, selection, { depth: 'metadata' })
    : selectKeys(inspection, selection);
  for await (const { place, type, key } of selected) {
    if (keys.length % 1000 === 0) throwIfInterrupted(ctx.signal);
    const resource = place.group === '' ? place.resource : `${place.resource}.${place.group}`;
    // The value that a selector looked at is read again: it need not be held.
    keys.push({ found: { place, type, key }, resource, rank: applyRank(resource) });
  }
  return keys.sort((a, b) => a.rank - b.rank);
}

async function readFound(
  { source, reader }: Inspection,
  { key, place }: FoundKey,
): Promise<{ readonly object: JsonObject } | { readonly finding: Finding }> {
  const read = await reader.read(await source.value(key), {
    key: key.key,
    modRevision: key.modRevision,
    place,
  });
  if (read.state !== 'decoded') return { finding: read.finding };
  if (read.isKnownKind) return { object: read.object };
  // Its metadata alone is no object that could be applied.
  return {
    finding: {
      severity: 'warn',
      code: 'kind-unknown',
      message: `the kind ${read.apiVersion} ${read.kind} is not known`,
    },
  };
}

function hasOwners(object: JsonObject): boolean {
  const metadata = object['metadata'] as JsonObject | undefined;
  return Array.isArray(metadata?.['ownerReferences']);
}
