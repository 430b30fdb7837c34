/** What a backup cannot be fetched without. */
export { contentKey } from './content-key.ts';
export { NeededContents, type BackupNeeds } from './needed-contents.ts';
