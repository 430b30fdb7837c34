import type { FieldMask, JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { formatAge } from './age.ts';
import { textAt } from '../fields/index.ts';

export interface Column {
  /** As the header has it: `UP-TO-DATE`. */
  readonly name: string;
  /** Shown only with `-o wide`. */
  readonly isWide: boolean;
}

/** What cells are made with. */
export interface CellContext {
  /** The moment that ages are counted to. */
  readonly nowMs: number | undefined;
  /** Whether long cells are cut: not with `-o wide`. */
  readonly isWide: boolean;
}

/** The columns of a kind. */
export interface KindColumns {
  readonly columns: readonly Column[];
  /** Whether names, labels and time stamps are all that the cells show. */
  readonly isMetadataOnly: boolean;
  /** All that the cells and a label selector look at, where naming it makes lists faster. */
  readonly reads?: FieldMask;
  /** A cell for each column. */
  cells(object: JsonObject, context: CellContext): readonly string[];
}

type Cells = (object: JsonObject, context: CellContext) => readonly string[];

/**
 * Columns from their names, those that begin with `+` wide ones. NAME goes before them unless one of them is NAME.
 */
export function kindColumns(names: readonly string[], cells: Cells): KindColumns {
  const columns = names.map((name) => ({ name: name.replace(/^\+/, ''), isWide: name.startsWith('+') }));
  if (columns.some(({ name }) => name === 'NAME')) return { columns, cells, isMetadataOnly: false };
  return {
    columns: [{ name: 'NAME', isWide: false }, ...columns],
    isMetadataOnly: false,
    cells: (object, context) => [nameOf(object), ...cells(object, context)],
  };
}

export function nameOf(object: JsonObject): string {
  return textAt(object, 'metadata.name');
}

/** Since the creation. */
export function ageOf(object: JsonObject, { nowMs }: CellContext): string {
  return formatAge(textAt(object, 'metadata.creationTimestamp'), nowMs);
}

/** Names and ages, for every kind that has nothing better. */
export const plainColumns: KindColumns = {
  ...kindColumns(['AGE'], (object, context) => [ageOf(object, context)]),
  isMetadataOnly: true,
};

/** Names and times of creation. */
export const createdAtColumns: KindColumns = {
  ...kindColumns(['CREATED AT'], (object) => [textAt(object, 'metadata.creationTimestamp')]),
  isMetadataOnly: true,
};
