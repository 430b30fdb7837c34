/** Whether a store keeps what a repository in it relies on. */
export {
  type StorageCheck,
  type ValidatedStorage,
  validateStorage,
  type ValidateStorageOptions,
} from './validate-storage.ts';
