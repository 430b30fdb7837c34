import type { KeyCountRule } from '../../formats/mvcc/index.ts';

export interface DatabaseScan {
  /** CRC-32C of `snapshot status`; unsigned 32-bit. It may be undefined when it was not asked for. */
  readonly hash: number | undefined;
  readonly keyCountRule: KeyCountRule;
  /** By the rule above. */
  readonly totalKeys: number;
  /** `undefined` before 3.6. */
  readonly version: string | undefined;
}

export interface ScanOptions {
  /** Threads that read and hash, this one included; by default as many as the file's size is worth. */
  readonly threads?: number;
  /** Whether the hash is wanted, by default yes; structure and counts take little more than half the work. */
  readonly hash?: boolean;
  /**
   * How to count keys; by default as the etcd that wrote the file does. `all-rows` needs no memory for keys and looks
   * into no row, so it throws no RECORD_INVALID.
   */
  readonly keyCountRule?: KeyCountRule;
}
