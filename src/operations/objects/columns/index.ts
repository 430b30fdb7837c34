/** kubectl's columns: what is shown of an object of each kind in one line. */
export { formatAge, formatDuration } from './age.ts';
export { columnsOf, type ColumnsOf } from './columns-of.ts';
export type { CellContext, Column, KindColumns } from './kind-columns.ts';
