import { backupErrorCodes } from './backup-error-codes.ts';
import type { ErrorCodeRow } from './error-code-row.ts';

/**
 * The one table of error codes.
 *
 * Each row is a promise to scripts and to the person on call: the code never changes its meaning, and the exit
 * status is the one `design.md` settles (1 failed, 2 usage, 3 integrity, 4 refused, 5 unreachable or timed out,
 * 6 rolled back, 130 interrupted). `hint` is the default next step; a throw site may give a better one.
 */
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
  COMMAND_FAILED: {
    exitStatus: 1,
    meaning: 'a program that was started on request ended with a failure',
    hint: 'See what it printed; what it was started for has not been repeated.',
  },
  PROGRAM_NOT_PACKAGED: {
    exitStatus: 4,
    meaning: 'the single-file program that other hosts need has not been made',
    hint: 'Make it with "npm run package" in a checkout (docs/how-to/install-on-a-node.md), or copy it there.',
  },
  PROGRAM_INCOMPLETE: {
    exitStatus: 4,
    meaning: 'the command needs what this build of holdfast, or this system, does not have',
    hint: 'Use the npm package or a checkout on Linux for it.',
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
    hint: 'Name a file written by "snapshot save", or a member/snap/db; "holdfast snapshot import" unpacks a compressed one.',
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
  DATA_DIR_IN_USE: {
    exitStatus: 4,
    meaning: 'the database of the data dir is open in a process',
    hint: 'Stop etcd first, or defragment the running member with "holdfast defrag --endpoints …".',
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
  STORE_READ_ONLY: {
    exitStatus: 4,
    meaning: 'what is served cannot be written to',
    hint: 'Serve it with --writable: changes are then kept in memory, and the file stays as it is.',
  },
  LISTEN_FAILED: {
    exitStatus: 1,
    meaning: 'the address to serve on cannot be listened on',
    hint: 'Choose another port with --listen HOST:PORT; port 0 takes a free one.',
  },
  VERIFY_FAILED: {
    exitStatus: 3,
    meaning: 'at least one check of the snapshot failed',
    hint: 'Do not restore from this file; use another backup.',
  },
  DRILL_FAILED: {
    exitStatus: 3,
    meaning: 'the backup did not come up in a sandbox as what it claims to be',
    hint: 'Do not rely on this backup: the report names each check that failed. With --keep the sandbox stays to look at.',
  },
  // a live etcd
  ETCD_UNREACHABLE: {
    exitStatus: 5,
    meaning: 'no connection to an endpoint can be made',
    hint: 'Check the endpoint, that etcd runs there, and the firewall between here and there.',
  },
  ETCD_UNAVAILABLE: {
    exitStatus: 5,
    meaning: 'the member answers but cannot serve the request now',
    hint: 'Check that the cluster has a leader and a quorum: "holdfast endpoint status --cluster".',
  },
  CONNECTION_LOST: {
    exitStatus: 5,
    meaning: 'the connection broke while a request was under way',
    hint: 'Check that the member still runs, then try again; a write may or may not have been applied.',
  },
  TLS_OPTIONS_INVALID: {
    exitStatus: 2,
    meaning: 'a CA certificate, client certificate or client key cannot be used',
    hint: 'Check the files given with --cacert, --cert and --key.',
  },
  TLS_UNTRUSTED: {
    exitStatus: 5,
    meaning: 'the certificate of the server is not signed by a trusted authority',
    hint: 'Give the CA that signed it with --cacert (on a control plane: /etc/kubernetes/pki/etcd/ca.crt).',
  },
  TLS_NAME_MISMATCH: {
    exitStatus: 5,
    meaning: 'the certificate of the server does not name the host that was dialled',
    hint: 'Use an endpoint that the certificate names.',
  },
  TLS_CERT_EXPIRED: {
    exitStatus: 5,
    meaning: 'the certificate of the server has expired or is not valid yet',
    hint: 'Renew the certificate of the member, and check the clocks of both machines.',
  },
  TLS_CLIENT_CERT_REJECTED: {
    exitStatus: 5,
    meaning: 'the server does not accept the client certificate',
    hint: 'Give a certificate and key signed by the CA that the member trusts, not expired, with --cert and --key.',
  },
  SERVER_REQUIRES_TLS: {
    exitStatus: 5,
    meaning: 'plain text was sent to a port that expects TLS',
    hint: 'Use an https:// endpoint and give --cacert, --cert and --key.',
  },
  SERVER_SPEAKS_PLAINTEXT: {
    exitStatus: 5,
    meaning: 'TLS was tried on a port that speaks plain text',
    hint: 'Use an http:// endpoint, or leave out --cacert, --cert and --key.',
  },
  AUTH_REQUIRED: {
    exitStatus: 4,
    meaning: 'etcd has authentication enabled and no user was given',
    hint: 'Give --user NAME:PASSWORD (or ETCDCTL_USER); "snapshot save" needs a user with the root role.',
  },
  AUTH_FAILED: {
    exitStatus: 4,
    meaning: 'etcd does not accept the user or the password',
    hint: 'Check the user name and the password.',
  },
  PERMISSION_DENIED: {
    exitStatus: 4,
    meaning: 'the user may not do this',
    hint: 'Use a user with the needed role; maintenance commands need the root role.',
  },
  ETCD_ERROR: {
    exitStatus: 1,
    meaning: 'etcd answered the request with an error',
    hint: 'The message is the one of the server; its log may say more.',
  },
  CLUSTER_UNHEALTHY: {
    exitStatus: 1,
    meaning: 'at least one endpoint is not healthy',
    hint: 'See the reason of each endpoint; "holdfast endpoint status --cluster" and "holdfast alarm list" say more.',
  },
  SNAPSHOT_INCOMPLETE: {
    exitStatus: 3,
    meaning: 'the snapshot stream ended before all of the database had arrived',
    hint: 'Nothing was kept; check the log of the member, then save again.',
  },
  SAVE_STALLED: {
    exitStatus: 5,
    meaning: 'no snapshot data arrived for longer than the stall limit',
    hint: 'Nothing was kept; check the member and the network, or raise --stall-timeout.',
  },
  SAVE_SUPERSEDED: {
    exitStatus: 4,
    meaning: 'another run has taken over the unfinished file',
    hint: 'Let one run at a time write to this path.',
  },
  // the etcd of a host
  ETCD_NOT_FOUND: {
    exitStatus: 4,
    meaning: 'no etcd was found on this host',
    hint: 'Run it on a control-plane node, as root; "holdfast discover" says where it looked.',
  },
  ETCD_AMBIGUOUS: {
    exitStatus: 4,
    meaning: 'more than one manifest or service of this host runs etcd',
    hint: 'Move the stray one out of the manifests dir: the kubelet runs every file there whose name has no dot in front.',
  },
  // files and servers of a control plane
  CONFIG_FILE_INVALID: {
    exitStatus: 1,
    meaning: 'a configuration file or manifest is not what it should be',
    hint: 'Correct the file at the line that is named.',
  },
  MANIFEST_EDIT_REFUSED: {
    exitStatus: 4,
    meaning: 'the manifest cannot be edited without touching more than the data dir',
    hint: 'Leave out --data-dir: then the new data takes the place of the old and the manifest stays as it is.',
  },
  CERTIFICATE_INVALID: {
    exitStatus: 1,
    meaning: 'a file does not hold the certificate or private key that it should',
    hint: 'Check that the file is PEM and not encrypted: "openssl x509 -in FILE -noout -text".',
  },
  API_SERVER_UNREACHABLE: {
    exitStatus: 5,
    meaning: 'no connection to the API server can be made',
    hint: 'Check that kube-apiserver runs and that its address and port are right.',
  },
  API_SERVER_DENIED: {
    exitStatus: 4,
    meaning: 'the API server does not accept who asks, or does not allow what is asked',
    hint: 'Use the credentials of an administrator, such as those in /etc/kubernetes/admin.conf.',
  },
  API_SERVER_ERROR: {
    exitStatus: 1,
    meaning: 'the API server answered with an error',
    hint: 'The log of kube-apiserver may say more.',
  },
  API_RESPONSE_INVALID: {
    exitStatus: 1,
    meaning: 'what answered does not answer like an API server',
    hint: 'Check that the address is that of kube-apiserver and that nothing stands in between.',
  },
  // KMS plugins
  KMS_UNREACHABLE: {
    exitStatus: 5,
    meaning: 'a KMS plugin does not answer on its socket',
    hint: 'Run it on a control-plane node where the plugin runs, as root, and check the endpoint in the encryption configuration.',
  },
  KMS_FAILED: {
    exitStatus: 1,
    meaning: 'a KMS plugin gives no key',
    hint: 'The message is the one of the plugin; its log may say more.',
  },
  // other hosts
  HOST_UNREACHABLE: {
    exitStatus: 5,
    meaning: 'ssh cannot reach a host, or has lost the connection to it',
    hint: 'Try "ssh HOST true" by hand: it must work without a question.',
  },
  HOST_COMMAND_FAILED: {
    exitStatus: 1,
    meaning: 'a program on a host cannot be started, or has failed there',
    hint: 'Run it by hand on that host; what it printed last is in the message.',
  },
  TRANSFER_CORRUPT: {
    exitStatus: 3,
    meaning: 'a file has arrived on a host with another SHA-256 than it should have',
    hint: 'Nothing was kept there; check that the local file is not being changed, then try again.',
  },
  // recovering a control plane
  RECOVERY_REFUSED: {
    exitStatus: 4,
    meaning: 'the checks before a recovery speak against it',
    hint: 'Put right what the checks name, then try again; "holdfast recover FILE --plan" makes them without doing anything.',
  },
  RECOVERY_UNSUPPORTED: {
    exitStatus: 4,
    meaning: 'etcd runs on this host in a way that recover cannot take over',
    hint: 'Use "holdfast snapshot restore" and follow docs/how-to; "holdfast discover" shows what was found.',
  },
  RECOVERY_DECLINED: {
    exitStatus: 4,
    meaning: 'the recovery was not confirmed',
    hint: 'Pass --yes where there is no terminal to ask at.',
  },
  RECOVERY_PENDING: {
    exitStatus: 4,
    meaning: 'an earlier recovery was interrupted and is neither finished nor undone',
    hint: 'Finish it with "holdfast recover --resume", or undo it with "holdfast recover --rollback".',
  },
  RECOVERY_RUNNING: {
    exitStatus: 4,
    meaning: 'another process is working on the same recovery',
    hint: 'Let it end, or stop that process; its lock goes with it.',
  },
  RECOVERY_TURNED_BACK: {
    exitStatus: 4,
    meaning: 'the interrupted recovery was already being undone',
    hint: 'Finish undoing it with "holdfast recover --rollback".',
  },
  RECOVERY_COMMITTED: {
    exitStatus: 4,
    meaning: 'the interrupted recovery is complete on at least one host',
    hint: 'Finish it with "holdfast recover --resume".',
  },
  NO_RECOVERY_PENDING: {
    exitStatus: 4,
    meaning: 'there is no interrupted recovery here',
    hint: 'Nothing needs to be finished or undone.',
  },
  RECOVERY_ROLLED_BACK: {
    exitStatus: 6,
    meaning: 'the recovery failed and was undone',
    hint: 'Everything is as it was before; see the reason, put it right, and try again.',
  },
  ROLL_BACK_FAILED: {
    exitStatus: 1,
    meaning: 'the recovery failed, and undoing it did not come to an end',
    hint: 'Put right what the message names, then run "holdfast recover --rollback"; the old data is kept.',
  },
  RESTORED_DIFFERS: {
    exitStatus: 3,
    meaning: 'what runs after the restore is not what the snapshot holds',
    hint: 'Look whether something else writes to this etcd, then try again.',
  },
  REVISION_WOULD_REWIND: {
    exitStatus: 4,
    meaning: 'the restored cluster would start at a revision that clients have already seen',
    hint: 'Try again: the newer revision is read when the recovery is planned.',
  },
  PLACE_TAKEN: {
    exitStatus: 1,
    meaning: 'something has taken the name that a file or directory is to be moved to',
    hint: 'Look at both, move the one that does not belong there away, and go on with "recover --resume" or "--rollback".',
  },
  JOURNAL_DAMAGED: {
    exitStatus: 3,
    meaning: 'the journal of a recovery cannot be read',
    hint: 'Keep the file; manifests lie beside the manifests dir in holdfast-recover-*, old data beside the data dir in *.before-*.',
  },
  LEDGER_DAMAGED: {
    exitStatus: 3,
    meaning: 'the ledger of revisions beside the data dir cannot be read',
    hint: 'Move it away; without it the revision is taken from etcd or from the data.',
  },
  UNKNOWN_RESOURCE: {
    exitStatus: 1,
    meaning: 'no resource type has this name, neither built in nor defined in the source',
    hint: 'Use the plural, the singular, the short name or the kind, as with kubectl; "objects list SOURCE -A" shows what is there.',
  },
  OBJECT_NOT_FOUND: {
    exitStatus: 1,
    meaning: 'the object is not there at the revision that was looked at',
    hint: 'Look at the namespace and the name; "objects history" shows whether it was deleted.',
  },
  OBJECT_NOT_READABLE: {
    exitStatus: 1,
    meaning: 'the object is there, but its value is encrypted or damaged',
    hint: 'Give the configuration that it was encrypted with: --encryption-config FILE; "-o raw" shows what is stored.',
  },
  ...backupErrorCodes,
} as const satisfies Record<string, ErrorCodeRow>;

/** A stable error code: a key of the table above. */
export type ErrorCode = keyof typeof errorCodes;
