import type { OperationContext } from '../../../base/index.ts';
import type { DiffSide } from '../diff/index.ts';
import { type Inspection, type InspectionOptions, openInspection } from '../inspect/index.ts';
import { type ImpactFindings, startImpact } from './impact-run.ts';
import { mergeSources } from './merge-sources.ts';
import { lookUpIn } from './object-lookup.ts';

export interface ObjectImpactOptions {
  /** What a full recovery would bring back. */
  readonly recovered: InspectionOptions;
  /** What there is now. */
  readonly present: InspectionOptions;
}

export interface ObjectImpact extends ImpactFindings {
  readonly present: DiffSide;
  readonly recovered: DiffSide;
}

/**
 * Says what a full recovery to one source would do to the cluster that another one shows. Memory grows with the number
 * of objects that differ, not with their size.
 *
 * Errors: those of opening and reading the sources; INTERRUPTED.
 */
export async function objectImpact(
  options: ObjectImpactOptions,
  ctx: OperationContext,
): Promise<ObjectImpact> {
  await using present = await openInspection(options.present, ctx);
  await using recovered = await openInspection(options.recovered, ctx);
  const run = startImpact({ present: present.reader, recovered: recovered.reader });
  for await (const pair of mergeSources(present.source, recovered.source, ctx)) await run.add(pair);
  const findings = await run.finish({
    present: lookUpIn(present),
    recovered: lookUpIn(recovered),
    hasEncryptionConfig: options.recovered.encryptionConfigFile !== undefined,
  });
  return { present: sideOf(present), recovered: sideOf(recovered), ...findings };
}

function sideOf({ source: { description, revision } }: Inspection): DiffSide {
  return { source: description, revision };
}
