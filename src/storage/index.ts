/** Floor 2: one interface to stores of objects, and the stores. */
export { requireObjectName, requirePrefix } from './object-name.ts';
export {
  defaultGetLimitBytes,
  type GetOptions,
  type ObjectStat,
  type PutOptions,
  type RequestOptions,
  type Storage,
  type StorageCapabilities,
} from './storage.ts';
