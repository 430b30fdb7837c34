import type { ErrorCodeRow } from './error-code-row.ts';

/** The rows of backups: those of other tools, stores, repositories. */
export const backupErrorCodes = {
  // backups of other tools
  IMPORT_NOT_RECOGNISED: {
    exitStatus: 3,
    meaning: 'what is to be imported is no backup in a known format',
    hint: 'Name a snapshot, a data dir or a backup that docs/how-to/import-other-backups.md lists.',
  },
  IMPORT_AMBIGUOUS: {
    exitStatus: 4,
    meaning: 'there is more than one backup in what is to be imported',
    hint: 'Name the files of one backup.',
  },
  IMPORT_DAMAGED: {
    exitStatus: 3,
    meaning: 'a backup to be imported is damaged or cut off',
    hint: 'Nothing was kept; fetch the file again, or use another backup.',
  },
  IMPORT_CHAIN_BROKEN: {
    exitStatus: 3,
    meaning: 'changes are missing between full and delta snapshots',
    hint: 'Find the delta that holds these revisions, or import the full snapshot and the deltas up to there alone.',
  },
  IMPORT_TOO_LARGE: {
    exitStatus: 4,
    meaning: 'a backup unpacks to more than was allowed',
    hint: 'If the backup can be trusted and really is so large, raise --max-size.',
  },
  IMPORT_KEY_WRONG: {
    exitStatus: 4,
    meaning: 'a sealed backup does not open with what was given',
    hint: 'Give the identity with --identity-file, or the passphrase with --passphrase-file or --passphrase-command.',
  },
  // stores of objects
  STORAGE_LOCATION_INVALID: {
    exitStatus: 2,
    meaning: 'the location of a store cannot be understood, or its settings do not fit',
    hint: 'Name a directory, or s3://BUCKET/PREFIX.',
  },
  STORAGE_NAME_INVALID: {
    exitStatus: 1,
    meaning: 'an object has a name that not every store can keep',
    hint: 'Names are lower case letters, digits, dots, dashes and underscores between slashes.',
  },
  STORAGE_UNREACHABLE: {
    exitStatus: 5,
    meaning: 'the store does not answer, or broke off',
    hint: 'Check the network and the endpoint; what was stored is there, and the command can be run again.',
  },
  STORAGE_THROTTLED: {
    exitStatus: 5,
    meaning: 'the store asks to be slower, and kept asking',
    hint: 'Run again later, or limit the rate.',
  },
  STORAGE_DENIED: {
    exitStatus: 4,
    meaning: 'the store does not accept the credentials, or they do not allow this',
    hint: 'Check the credentials and what they may do; a backup needs to put, get and list.',
  },
  STORAGE_FAILED: {
    exitStatus: 1,
    meaning: 'the store answered with a failure of its own',
    hint: 'See what it said; the command can be run again.',
  },
  STORAGE_OBJECT_MISSING: {
    exitStatus: 3,
    meaning: 'an object that should be in the store is not there',
    hint: 'Check the repository: "holdfast repo check" names what is missing and which backups need it.',
  },
  STORAGE_OBJECT_TOO_LARGE: {
    exitStatus: 3,
    meaning: 'an object is larger than anything that is stored there',
    hint: 'Somebody else may have written it; "holdfast repo check" says what it is.',
  },
  STORAGE_OBJECT_LOCKED: {
    exitStatus: 4,
    meaning: 'the store keeps an object until a certain time and does not delete it before',
    hint: 'Delete it when its time is over.',
  },
  STORAGE_READ_ONLY: {
    exitStatus: 4,
    meaning: 'the store was opened for reading only',
    hint: 'Open it for writing.',
  },
  STORAGE_UNSUITABLE: {
    exitStatus: 4,
    meaning: 'the store does not keep what every store has to',
    hint: 'Use another store, or another way to mount it; "holdfast repo validate" tries all of it.',
  },
  // repositories
  REPOSITORY_NOT_FOUND: {
    exitStatus: 4,
    meaning: 'there is no repository at this place',
    hint: 'Check the location, or make one with "holdfast repo init".',
  },
  REPOSITORY_EXISTS: {
    exitStatus: 4,
    meaning: 'there is a repository already at this place',
    hint: 'Use it, or choose another location.',
  },
  REPOSITORY_FORMAT_UNKNOWN: {
    exitStatus: 4,
    meaning: 'the repository, or an object in it, was written by a newer version',
    hint: 'Use a version of holdfast that is at least as new as the one that wrote it.',
  },
  REPOSITORY_KEY_WRONG: {
    exitStatus: 4,
    meaning: 'none of the keys of the repository can be opened with this passphrase or key file',
    hint: 'Give the right passphrase or key file; "holdfast repo key list" shows what there is.',
  },
  REPOSITORY_KEY_INSUFFICIENT: {
    exitStatus: 4,
    meaning: 'the key that was given does not allow this, for instance writes backups but cannot read them',
    hint: 'Use a key that allows it; "holdfast repo key list" shows what each allows.',
  },
  REPOSITORY_KEY_LAST: {
    exitStatus: 4,
    meaning: 'without this key nobody could read the repository any more',
    hint: 'Add another key first.',
  },
  REPOSITORY_KEY_IN_USE: {
    exitStatus: 4,
    meaning: 'the repository was opened with the key that is to be removed',
    hint: 'Open it with another key: that shows that there is one.',
  },
  REPOSITORY_KEY_NOT_FOUND: {
    exitStatus: 4,
    meaning: 'the repository has no key of this name',
    hint: '"holdfast repo key list" shows what there is.',
  },
  REPOSITORY_KEY_INVALID: {
    exitStatus: 2,
    meaning: 'a passphrase, key file, age recipient or age identity cannot be used as one',
    hint: 'Check that the file holds the key and nothing else.',
  },
  REPOSITORY_DAMAGED: {
    exitStatus: 3,
    meaning: 'an object in the repository is not what was written',
    hint: '"holdfast repo check" names what is hit and which backups; all others can still be fetched.',
  },
  REPOSITORY_REPLACED: {
    exitStatus: 4,
    meaning:
      'the repository at this place is not the one that this host has used: its id or its public keys are others',
    hint: 'Find out who replaced it. If that was meant, remove what this host remembers of the old one.',
  },
  REPOSITORY_SESSION_LOST: {
    exitStatus: 1,
    meaning: 'a process worked on the repository for so long that others took it for dead, and gave up',
    hint: 'Run the command again; what was stored already is used.',
  },
  REPOSITORY_BUSY: {
    exitStatus: 4,
    meaning: 'another process frees space in the repository or rebuilds its index',
    hint: 'Let it end. When it was killed on another host, its session counts as dead after 24 hours.',
  },
  BACKUP_NOT_FOUND: {
    exitStatus: 4,
    meaning: 'the repository has no such backup, or several whose ids begin like this',
    hint: '"holdfast backup list" shows what there is.',
  },
  BACKUP_FORGOTTEN: {
    exitStatus: 4,
    meaning: 'a backup is to be copied into a repository that has forgotten it',
    hint: 'Fetch it to a file, and make a new backup of that with "holdfast backup create FILE".',
  },
  BACKUP_NAME_INVALID: {
    exitStatus: 2,
    meaning: 'a backup is asked for by something that is neither an id nor a time',
    hint: 'Give an id or its beginning, "latest", "latest-verified", or a time such as 2026-11-22T10:00 (UTC, or with an offset).',
  },
  BACKUP_NOT_EXACT: {
    exitStatus: 4,
    meaning: 'the very same file is asked for, and the backup does not have, or cannot have, what it needs',
    hint: 'Leave out --exact: the rows are the same, and with them both hashes.',
  },
  BACKUP_KEPT: {
    exitStatus: 4,
    meaning: 'a backup is pinned, or the newest one that passed a verification',
    hint: 'Unpin it with "holdfast backup unpin ID", or verify a newer one first.',
  },
  BUNDLE_NOT_FOUND: {
    exitStatus: 4,
    meaning: 'the backup has no files of a control-plane node, or this host has none to take along',
    hint: 'Make a backup on a control-plane node; "holdfast backup show ID" says what one has.',
  },
  BACKUP_FOREIGN: {
    exitStatus: 4,
    meaning: 'the repository keeps backups of another cluster',
    hint: 'Use a repository for each cluster, or allow this one with --new-cluster.',
  },
  RETENTION_POLICY_INVALID: {
    exitStatus: 2,
    meaning: 'what to keep is not said in a way that can be followed',
    hint: 'Give numbers of backups, a span such as 30d for --keep-within, and a time zone such as Europe/Berlin.',
  },
} as const satisfies Record<string, ErrorCodeRow>;
