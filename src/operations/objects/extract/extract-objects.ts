import { type Finding, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import { formatKubernetesYaml, type JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { type InspectionOptions, isSecret, openInspection } from '../inspect/index.ts';
import type { ObjectSelection } from '../select/index.ts';
import { orderedKeys, readWhole } from './ordered-keys.ts';
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
    const object = await readWhole(inspection, found);
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

function hasOwners(object: JsonObject): boolean {
  const metadata = object['metadata'] as JsonObject | undefined;
  return Array.isArray(metadata?.['ownerReferences']);
}
