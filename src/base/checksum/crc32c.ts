import { createRequire } from 'node:module';
import { crc32cByTable } from './crc32c-table.ts';

interface NativeCrc32 {
  crc32c(input: Uint8Array, initial?: number): number;
}

/**
 * The native build where the platform has one: three to four times the speed on whole pages. It is optional: inside a
 * single-file program or on an unlisted platform the plain one does the same work. Loaded by the first use that is
 * worth it, so that a program that hashes nothing does not wait for it; null when it cannot be had.
 */
let native: NativeCrc32 | null | undefined;

/** Set by the build of the single-file program, which loads nothing that does not come out of that file. */
declare const HOLDFAST_SINGLE_FILE: boolean | undefined;

function loadNative(): NativeCrc32 | null {
  if (typeof HOLDFAST_SINGLE_FILE === 'boolean' && HOLDFAST_SINGLE_FILE) return null;
  try {
    return createRequire(import.meta.url)('@node-rs/crc32') as NativeCrc32;
  } catch {
    return null;
  }
}

/** Below this many bytes the call into native code costs more than it saves (measured in docs/performance.md). */
const nativeFromBytes = 256;
/** Loading the native code takes as long as the plain one needs for about this many bytes. */
const loadFromBytes = 64 * 1024;
let bytesBeforeLoading = 0;

/**
 * CRC-32C of bytes, continuing a finished CRC (as Go's `crc32.Update` does); start with 0.
 * The result is an unsigned 32-bit number.
 */
export function crc32c(bytes: Uint8Array, initial = 0): number {
  if (bytes.length < nativeFromBytes) return crc32cByTable(bytes, initial);
  if (native === undefined) {
    bytesBeforeLoading += bytes.length;
    if (bytesBeforeLoading < loadFromBytes) return crc32cByTable(bytes, initial);
    native = loadNative();
  }
  return native === null ? crc32cByTable(bytes, initial) : native.crc32c(bytes, initial);
}
