/**
 * Headers of tar files: ustar, with the long names of GNU tar and of pax. Sources: POSIX.1-2017 pax, "ustar
 * Interchange Format" and "pax Header Block"; GNU tar's src/tar.h 1.35.
 */
import { HoldfastError } from '../../base/index.ts';

export const tarBlockBytes = 512;

export interface TarHeader {
  readonly name: string;
  readonly sizeBytes: number;
  /** `0` or NUL a file, `5` a directory, `1` and `2` links, `L` a long name, `x` and `g` pax records. */
  readonly type: string;
}

/** Undefined for the block of zeros that ends the file. Throws RECORD_INVALID. */
export function decodeTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== octal(block, 148, 8)) throw invalid('the checksum of a tar header is wrong');
  const prefix = text(block, 257, 5) === 'ustar' && block[262] === 0 ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const typeByte = block[156]!;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    sizeBytes: tarNumber(block, 124, 12),
    type: typeByte === 0 ? '0' : String.fromCharCode(typeByte),
  };
}

/** The name in pax records (`<length> path=<name>\n`), if there is one. */
export function paxPath(records: Uint8Array): string | undefined {
  const found = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(new TextDecoder().decode(records));
  return found?.[1];
}

/** Text up to the first zero byte. */
export function text(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function tarNumber(block: Uint8Array, offset: number, length: number): number {
  if ((block[offset]! & 0x80) === 0) return octal(block, offset, length);
  let value = 0n;
  for (let i = offset + length - 8; i < offset + length; i++) value = (value << 8n) | BigInt(block[i]!);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid('a size in a tar header is out of range');
  return Number(value);
}

function octal(block: Uint8Array, offset: number, length: number): number {
  const digits = text(block, offset, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw invalid('a number in a tar header is none');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('RECORD_INVALID', what);
}
