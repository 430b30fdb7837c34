import { type HoldfastError, hasCode } from '../../base/index.ts';
import type { WalSnapshot } from '../wal/index.ts';
import { decodeSnapFile, type RaftSnapshot } from './snap-file.ts';
import { snapNames } from './snap-name.ts';

export interface ChosenSnapshot {
  /** Undefined when no usable file is there: a server then replays the log from its beginning. */
  readonly newest: { readonly name: string; readonly snapshot: RaftSnapshot } | undefined;
  /** Files passed over because they are damaged; a server renames them to `.broken`. */
  readonly damaged: readonly HoldfastError[];
}

/**
 * The newest `.snap` file that is intact and that the log knows. A file may be newer than the log when a crash came
 * between writing the two: it was never in force.
 *
 * @param names every name in the directory
 * @param read the bytes of one of them
 * @param known the snapshot records of the log up to its commit index
 */
export function chooseSnapshot(
  names: readonly string[],
  read: (name: string) => Uint8Array,
  known: readonly WalSnapshot[],
): ChosenSnapshot {
  const damaged: HoldfastError[] = [];
  for (const name of snapNames(names)) {
    try {
      const snapshot = decodeSnapFile(read(name), name);
      if (isKnown(snapshot, known)) return { newest: { name, snapshot }, damaged };
    } catch (error) {
      if (!hasCode(error, 'RAFT_SNAPSHOT_CORRUPT')) throw error;
      damaged.push(error);
    }
  }
  return { newest: undefined, damaged };
}

function isKnown({ metadata }: RaftSnapshot, known: readonly WalSnapshot[]): boolean {
  return known.some(({ term, index }) => term === metadata.term && index === metadata.index);
}
