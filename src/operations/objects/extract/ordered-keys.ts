import { type Finding, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import type { Inspection } from '../inspect/index.ts';
import { type FoundKey, type ObjectSelection, selectKeys, selectObjects } from '../select/index.ts';
import { applyRank } from './apply-order.ts';

/** A key of a selection, and where it stands. */
export interface OrderedKey {
  readonly found: FoundKey;
  /** `deployments.apps`. */
  readonly resource: string;
  readonly rank: number;
}

/** The keys of a selection in the order in which their objects can be applied. */
export async function orderedKeys(
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

/** The object behind a key, whole; or why it cannot be had. */
export async function readWhole(
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
