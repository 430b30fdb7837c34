/** Objects in memory. */
export { type MemoryStorageOptions, openMemoryStorage } from './memory-storage.ts';
