import { testStorageContract } from '../../../test/support/storage-contract.ts';
import { openMemoryStorage } from './memory-storage.ts';

const storage = openMemoryStorage();
testStorageContract('memory', () => Promise.resolve(storage), {
  atomicPutIfAbsent: true,
  consistentList: true,
  objectLock: true,
});
