import type { KeyCountRule } from '../../formats/mvcc/index.ts';

export interface DatabaseScan {
  /** CRC-32C of `snapshot status`; unsigned 32-bit. */
  readonly hash: number;
  readonly keyCountRule: KeyCountRule;
  /** By the rule above. */
  readonly totalKeys: number;
  /** `undefined` before 3.6. */
  readonly version: string | undefined;
}

export interface ScanOptions {
  /** Threads that read and hash, this one included; by default as many as the file's size is worth. */
  readonly threads?: number;
  /**
   * How to count keys; by default as the etcd that wrote the file does. `all-rows` needs no memory for keys and looks
   * into no row, so it throws no RECORD_INVALID.
   */
  readonly keyCountRule?: KeyCountRule;
}
