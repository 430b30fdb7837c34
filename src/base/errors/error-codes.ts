/**
 * The one table of error codes.
 *
 * Each row is a promise to scripts and to the person on call: the code never changes its meaning, and the exit
 * status is the one `design.md` settles (1 failed, 2 usage, 3 integrity, 4 refused, 5 unreachable or timed out,
 * 6 rolled back, 130 interrupted). `hint` is the default next step; a throw site may give a better one.
 */
export interface ErrorCodeRow {
  readonly exitStatus: 1 | 2 | 3 | 4 | 5 | 6 | 130;
  /** One line, lower case: what this code means wherever it is seen. */
  readonly meaning: string;
  /** One sentence: what the operator can do next. */
  readonly hint: string;
}

export const errorCodes = {
  // general
  DEFECT: {
    exitStatus: 1,
    meaning: 'an unexpected failure inside holdfast',
    hint: 'Run again with --debug and report the output; no data was changed by the failure itself.',
  },
  USAGE: {
    exitStatus: 2,
    meaning: 'the command line is not valid',
    hint: 'Run the command with --help to see its arguments and flags.',
  },
  INTERRUPTED: {
    exitStatus: 130,
    meaning: 'stopped by Ctrl-C or a termination signal',
    hint: 'Nothing that looks complete was left behind; run the command again.',
  },
  TIMEOUT: {
    exitStatus: 5,
    meaning: 'the time limit passed before the work was done',
    hint: 'Raise --command-timeout, or check the load and the network of the member.',
  },
  // files
  FILE_NOT_FOUND: {
    exitStatus: 2,
    meaning: 'the named file or directory does not exist',
    hint: 'Check the path for a typing error.',
  },
  FILE_NOT_READABLE: {
    exitStatus: 1,
    meaning: 'the named file cannot be opened or read',
    hint: 'Check its permissions; etcd files usually belong to root.',
  },
  NOT_A_REGULAR_FILE: {
    exitStatus: 2,
    meaning: 'the path names a directory or a device where a file is needed',
    hint: 'Name the snapshot file itself, or member/snap/db inside a data dir.',
  },
  FILE_EXISTS: {
    exitStatus: 4,
    meaning: 'the output file exists already',
    hint: 'Choose another name, or pass --force to replace it.',
  },
  DIR_NOT_EMPTY: {
    exitStatus: 4,
    meaning: 'the output directory exists and holds something',
    hint: 'Choose a new directory, or move the old one away first; holdfast never overwrites a data dir.',
  },
  DISK_FULL: {
    exitStatus: 1,
    meaning: 'no space is left on the device',
    hint: 'Free space or choose a path on another file system; nothing was left behind.',
  },
  WRITE_FAILED: {
    exitStatus: 1,
    meaning: 'a file or directory cannot be written',
    hint: 'Check permissions and whether the file system is mounted read-only.',
  },
  // integrity of bytes
  NOT_A_DATABASE: {
    exitStatus: 3,
    meaning: 'the file is not an etcd (bbolt) database',
    hint: 'Name a file written by "snapshot save", or a member/snap/db; compressed files must be unpacked first.',
  },
  DATABASE_CORRUPT: {
    exitStatus: 3,
    meaning: 'the structure of the database is damaged',
    hint: 'Use another backup; "holdfast snapshot verify FILE" lists every finding.',
  },
  DIGEST_MISMATCH: {
    exitStatus: 3,
    meaning: 'the SHA-256 at the end of the snapshot does not match its content',
    hint: 'The file was damaged or changed after it was saved: use another copy.',
  },
  DIGEST_MISSING: {
    exitStatus: 3,
    meaning: 'the file does not end with a SHA-256 digest',
    hint: 'A raw member/snap/db has none: pass --skip-hash-check if you trust the copy. Otherwise the file is cut off.',
  },
  RECORD_INVALID: {
    exitStatus: 3,
    meaning: 'a record does not decode as what it should be',
    hint: 'Use another backup; "holdfast snapshot verify FILE" lists every finding.',
  },
  WAL_CORRUPT: {
    exitStatus: 3,
    meaning: 'the write-ahead log is damaged or incomplete',
    hint: 'Use the data dir of another member, or a snapshot.',
  },
  RAFT_SNAPSHOT_CORRUPT: {
    exitStatus: 3,
    meaning: 'a .snap file is damaged',
    hint: 'Use the data dir of another member, or a snapshot.',
  },
  DATA_DIR_INVALID: {
    exitStatus: 3,
    meaning: 'the directory is not a complete etcd data dir',
    hint: 'Name the directory given to etcd as --data-dir; it holds member/snap/db and member/wal.',
  },
  REVISION_COMPACTED: {
    exitStatus: 1,
    meaning: 'the requested revision has been compacted',
    hint: 'Ask for a revision at or above the compact revision.',
  },
  REVISION_FUTURE: {
    exitStatus: 1,
    meaning: 'the requested revision is newer than the data',
    hint: 'Ask for a revision at or below the current one, or 0 for the current one.',
  },
  VERIFY_FAILED: {
    exitStatus: 3,
    meaning: 'at least one check of the snapshot failed',
    hint: 'Do not restore from this file; use another backup.',
  },
} as const satisfies Record<string, ErrorCodeRow>;

/** A stable error code: a key of the table above. */
export type ErrorCode = keyof typeof errorCodes;
