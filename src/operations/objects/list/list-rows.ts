import type { OperationContext } from '../../../base/index.ts';
import { type CellContext, columnsOf, type KindColumns } from '../columns/index.ts';
import { estimateMoment, type ReadDepth } from '../decode/index.ts';
import {
  type FoundObject,
  type ObjectSelection,
  readObjectWords,
  type ResourceType,
  type SelectFrom,
  selectObjects,
} from '../select/index.ts';
import { typeWord } from './list-items.ts';

/** One object as a line of a table. */
export interface ObjectRow {
  /** Rows of one table have the same one. */
  readonly section: string;
  readonly header: readonly string[];
  readonly cells: readonly string[];
  /** Why the object could not be read; the cells are then only what its key says. */
  readonly note?: string;
}

export interface ListRowsOptions {
  /** Also the columns of `-o wide`. */
  readonly isWide?: boolean;
}

/**
 * The selected objects as lines with kubectl's columns. Ages are counted to the moment that the source shows, not to
 * the present. Errors: those of `selectObjects`.
 */
export async function* listRows(
  from: SelectFrom,
  selection: ObjectSelection,
  { isWide = false }: ListRowsOptions,
  ctx: OperationContext,
): AsyncGenerator<ObjectRow> {
  const isLive = from.source.kind === 'live';
  const nowMs = isLive ? ctx.clock.now() : await estimateMoment(from.source, from.reader);
  const shape = new RowShape({ isWide, nowMs }, selection, from);
  const depth = (type: ResourceType | undefined) => shape.depthOf(type);
  for await (const found of selectObjects(from, selection, { depth })) yield shape.row(found);
}

/** Makes lines; what is the same for all of one type is made once. */
class RowShape {
  readonly #context: CellContext;
  readonly #hasNamespace: boolean;
  readonly #hasType: boolean;
  readonly #columns = new Map<string, KindColumns>();
  readonly #depths = new Map<ResourceType | undefined, ReadDepth>();

  constructor(context: CellContext, selection: ObjectSelection, { catalog }: SelectFrom) {
    const { words = [], allNamespaces = false, namespace } = selection;
    this.#context = context;
    this.#hasNamespace = allNamespaces || (words.length === 0 && namespace === undefined);
    const types = new Set(readObjectWords(words, catalog).map(({ type }) => type));
    this.#hasType = types.size !== 1;
  }

  /** No column shows managed fields. */
  depthOf(type: ResourceType | undefined): ReadDepth {
    const known = this.#depths.get(type);
    if (known !== undefined) return known;
    const { isMetadataOnly, reads = 'unmanaged' } = columnsOf(type);
    const depth = isMetadataOnly ? 'metadata' : reads;
    this.#depths.set(type, depth);
    return depth;
  }

  row({ place, type, object }: FoundObject): ObjectRow {
    const apiVersion = object.state === 'decoded' ? object.apiVersion : '';
    const columns = this.#columnsOf(type, place.path, apiVersion);
    const shown = columns.columns.map(({ isWide }) => !isWide || this.#context.isWide);
    const isNamespaced = place.namespace !== undefined;
    const namespaces = this.#hasNamespace && isNamespaced ? [place.namespace] : [];
    const titles = columns.columns.map(({ name }) => name).filter((_, i) => shown[i]);
    const line = {
      section: `${place.path} ${titles.join()}`,
      header: this.#hasNamespace && isNamespaced ? ['NAMESPACE', ...titles] : titles,
    };
    const typed = (name: string) => (this.#hasType ? `${typeWord(place, type)}/${name}` : name);
    if (object.state !== 'decoded')
      return { ...line, cells: [...namespaces, typed(place.name)], note: `<${object.finding.message}>` };
    const cells = columns.cells(object.object, this.#context).filter((_, i) => shown[i]);
    const nameAt = titles.indexOf('NAME');
    if (nameAt >= 0) cells[nameAt] = typed(cells[nameAt] ?? '');
    return { ...line, cells: [...namespaces, ...cells] };
  }

  #columnsOf(type: ResourceType | undefined, path: string, apiVersion: string): KindColumns {
    const id = `${path} ${apiVersion}`;
    const known = this.#columns.get(id);
    if (known !== undefined) return known;
    const columns = columnsOf(type, apiVersion);
    this.#columns.set(id, columns);
    return columns;
  }
}
