/** `objects list`: the selected objects as items, names or lines of kubectl's tables. */
export { itemOf, listItems, listNames, typeWord } from './list-items.ts';
export { listRows, type ListRowsOptions, type ObjectRow } from './list-rows.ts';
