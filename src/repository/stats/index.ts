/** What a repository takes, counted from its index and the store's lists: no pack is read. */
export {
  type CountedContents,
  type CountedObjects,
  countContents,
  countObjects,
  type ObjectGroup,
} from './count-repository.ts';
