/** A database goes into a repository: what is new of it, and a recipe. */
export { ContentStore, type StoredContents } from './content-store.ts';
export { findPacksToAvoid } from './packs-to-avoid.ts';
export { readRecipe } from './read-recipe.ts';
export {
  type DatabaseToStore,
  storeDatabase,
  type StoreDatabaseOptions,
  type StoredDatabase,
} from './store-database.ts';
