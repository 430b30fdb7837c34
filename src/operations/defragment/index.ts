/** `defrag --data-dir`: the database of a data dir that nobody uses, written anew without its holes. */
export {
  defragmentDataDir,
  type DefragmentDataDirOptions,
  type DefragmentedDataDir,
} from './defragment-data-dir.ts';
