/** What a node needs besides its database, sealed apart: files of the host beside a backup. */
export {
  type BundleDirectory,
  type BundleFile,
  type BundleFileKind,
  bundleFileKinds,
  type BundleLink,
  type BundleList,
  type BundleTree,
  type FileToBundle,
} from './bundle-tree.ts';
export { bundleLimits, decodeBundleList, encodeBundleList } from './bundle-list.ts';
export { readBundleFile, readBundleList } from './read-bundle.ts';
export { type PreparedBundle, prepareBundle, storeBundle, type StoredBundle } from './store-bundle.ts';
