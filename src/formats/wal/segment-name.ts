/** What a segment's file name says. Source: etcd server/storage/wal/util.go (3.6.14). */
export interface WalSegmentName {
  /** File name, without directory. */
  readonly name: string;
  /** Place in the sequence of segments, from 0. */
  readonly sequence: bigint;
  /** Index of the first entry that the segment may hold. */
  readonly firstIndex: bigint;
}

/** The name of a segment: `%016x-%016x.wal`. */
export function formatWalSegmentName(sequence: bigint, firstIndex: bigint): string {
  return `${hex16(sequence)}-${hex16(firstIndex)}.wal`;
}

/** Parses a segment's name; undefined for any other file. */
export function parseWalSegmentName(name: string): WalSegmentName | undefined {
  const match = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/.exec(name);
  if (match === null) return undefined;
  return { name, sequence: BigInt(`0x${match[1]!}`), firstIndex: BigInt(`0x${match[2]!}`) };
}

/** The segments among the names of a directory, in sequence; other files (`.tmp`, `.broken`) are passed over. */
export function walSegmentNames(names: readonly string[]): WalSegmentName[] {
  return names
    .map(parseWalSegmentName)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : a.name < b.name ? -1 : 1));
}

function hex16(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}
