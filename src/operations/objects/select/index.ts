/** Which objects are meant: kubectl's words for resources, names, namespaces and selectors. */
export { type NamedType, readObjectWords } from './object-words.ts';
export { openResourceCatalog, type ResourceCatalog, type ResourceType } from './resource-catalog.ts';
export {
  type FoundKey,
  type FoundObject,
  type ObjectSelection,
  selectKeys,
  selectObjects,
  type SelectOptions,
  type SelectFrom,
} from './select-objects.ts';
