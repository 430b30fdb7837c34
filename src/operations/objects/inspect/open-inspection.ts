import type { OperationContext } from '../../../base/index.ts';
import { openObjectReader, type ObjectReaderOptions } from '../decode/index.ts';
import { openResourceCatalog, type SelectFrom } from '../select/index.ts';
import { openObjectSource, type ObjectSourceOptions } from '../source/index.ts';

export interface InspectionOptions extends ObjectSourceOptions, ObjectReaderOptions {}

/** Dispose it. */
export type Inspection = SelectFrom & AsyncDisposable;

/** Opens a source and what is needed to select objects in it. Errors: those of the three parts. */
export async function openInspection(options: InspectionOptions, ctx: OperationContext): Promise<Inspection> {
  await using opened = new AsyncDisposableStack();
  const reader = opened.use(await openObjectReader(options, ctx));
  const source = opened.use(await openObjectSource(options, ctx));
  const catalog = await openResourceCatalog(source, reader);
  const parts = opened.move();
  return { source, reader, catalog, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
