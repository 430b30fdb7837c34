/** etcdutl 3.7 waits for a lock on the file it opens; ours opens for reading and takes no lock. */
export const lockTimeoutFlag = {
  timeout: { kind: 'duration', default: '10s', hidden: true, summary: 'no effect' },
} as const;
