/** Names in `member/snap`. Source: etcd server/etcdserver/api/snap/{snapshotter,db}.go (3.6.14). */

/** The name of a `.snap` file: `%016x-%016x.snap`, term first. */
export function formatSnapName(term: bigint, index: bigint): string {
  return `${hex16(term)}-${hex16(index)}.snap`;
}

/**
 * The name of a database that the leader sent and that is not in place yet: `%016x.snap.db`.
 * A server that stopped in between puts it in the place of `db` when it starts.
 */
export function formatSnapDatabaseName(index: bigint): string {
  return `${hex16(index)}.snap.db`;
}

/** The `.snap` files among the names of a directory, newest first, as etcd orders them: by name. */
export function snapNames(names: readonly string[]): string[] {
  return names
    .filter((name) => name.endsWith('.snap'))
    .sort()
    .reverse();
}

function hex16(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}
