/**
 * What bytes are, by their beginning. Sources: RFC 1952 (gzip), RFC 1950 (zlib), RFC 8878 (zstd), PKWARE's appnote
 * (zip), the xz, bzip2 and lz4 formats' magic numbers, age-encryption.org/v1, POSIX ustar, bbolt's page.go and db.go.
 */
import { utf8 } from '../../base/index.ts';
import { LzwDecoder } from './lzw.ts';

export type ContentKind =
  | 'gzip'
  | 'zlib'
  | 'zstd'
  | 'lzw'
  | 'zip'
  | 'tar'
  | 'age'
  | 'age-armor'
  | 'database'
  | 'delta'
  | 'xz'
  | 'bzip2'
  | 'lz4'
  | 'compress'
  | 'empty'
  | 'unknown';

/** As many bytes from the start as are needed to tell every kind: two pages of the largest size. */
export const recognisableBytes = 132 << 10;

const magics: readonly (readonly [ContentKind, number, Uint8Array])[] = [
  ['gzip', 0, Uint8Array.of(0x1f, 0x8b, 8)],
  ['zstd', 0, Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)],
  ['zip', 0, Uint8Array.of(0x50, 0x4b, 3, 4)],
  ['zip', 0, Uint8Array.of(0x50, 0x4b, 5, 6)],
  ['xz', 0, Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)],
  ['bzip2', 0, utf8('BZh')],
  ['lz4', 0, Uint8Array.of(0x04, 0x22, 0x4d, 0x18)],
  ['compress', 0, Uint8Array.of(0x1f, 0x9d)],
  ['age', 0, utf8('age-encryption.org/v1\n')],
  ['age-armor', 0, utf8('-----BEGIN AGE ENCRYPTED FILE-----')],
  ['tar', 257, utf8('ustar')],
  ['delta', 0, utf8('[{"etcdEvent":')],
];

const databaseMagic = Uint8Array.of(0xed, 0xda, 0x0c, 0xed);

/** Tells what begins with these bytes; give it the first `recognisableBytes`, or all that there is. */
export function contentKind(head: Uint8Array): ContentKind {
  if (head.length === 0) return 'empty';
  for (const [kind, offset, magic] of magics) if (holdsAt(head, offset, magic)) return kind;
  if (isDatabase(head)) return 'database';
  if (isZlib(head)) return 'zlib';
  return isLzw(head) ? 'lzw' : 'unknown';
}

/** The magic number stands behind the header of each of the two meta pages; one of them may be damaged. */
function isDatabase(head: Uint8Array): boolean {
  if (holdsAt(head, 16, databaseMagic)) return true;
  for (let pageSize = 512; pageSize <= 65_536; pageSize *= 2)
    if (holdsAt(head, pageSize + 16, databaseMagic)) return true;
  return false;
}

/** Two bytes are no proof: the block behind them has to be one, too, which whoever unpacks it finds out. */
function isZlib(head: Uint8Array): boolean {
  if (head.length < 6) return false;
  const [method, check] = [head[0]!, head[1]!];
  return (
    (method & 0x0f) === 8 && method >> 4 <= 7 && (check & 0x20) === 0 && (method * 256 + check) % 31 === 0
  );
}

/** Go's writer begins with a clear code of nine bits. What comes out has to be something that is known here. */
function isLzw(head: Uint8Array): boolean {
  if (head.length < 4 || head[0] !== 0 || (head[1]! & 1) !== 1) return false;
  const decoder = new LzwDecoder();
  try {
    const start = decoder.decode(head.subarray(0, 4096));
    return start.length > 0 && (isDatabase(start) || holdsAt(start, 0, utf8('[{"etcdEvent":')));
  } catch {
    return false;
  }
}

function holdsAt(bytes: Uint8Array, offset: number, magic: Uint8Array): boolean {
  return bytes.length >= offset + magic.length && magic.every((byte, i) => bytes[offset + i] === byte);
}
