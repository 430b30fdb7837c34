import { createCipheriv, createDecipheriv } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { damaged, unknownFormat } from '../failures.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** No content is larger: what claims to be is refused before anything is allocated. */
export const contentLimitBytes = 64 << 20;
const framingBytes = 5;
export const tagBytes = 16;
const codecs = { stored: 0, zstd: 1 } as const;
/** Ratio 3.0 at 1 MiB of Kubernetes objects, as level 6 has at two thirds of the speed. */
const zstdLevel = 3;
/** What zlib takes at least. */
const leastChunkBytes = 64;

/** A content as it is going to be encrypted. */
export interface PackedContent {
  readonly contentBytes: number;
  readonly codec: number;
  readonly body: Uint8Array;
}

/** Compresses a content, on another thread; many may be under way. It must not change before the promise settles. */
export async function packContent(content: Uint8Array): Promise<PackedContent> {
  const contentBytes = content.length;
  if (contentBytes > contentLimitBytes) throw new RangeError(`a content of ${contentBytes} bytes`);
  const frame = await compress(content, {
    params: { [constants.ZSTD_c_compressionLevel]: zstdLevel },
    // Room for a frame of half the size, as most are: then the thread is asked once.
    chunkSize: (contentBytes >> 1) + 1024,
  });
  return frame.length < contentBytes
    ? { contentBytes, codec: codecs.zstd, body: frame }
    : { contentBytes, codec: codecs.stored, body: content };
}

/** Frames and encrypts a packed content as the piece at this offset of its object. */
export function sealPacked(
  key: Uint8Array,
  offset: number,
  { codec, contentBytes, body }: PackedContent,
  associated: Uint8Array,
): Uint8Array {
  const plain = Buffer.alloc(framingBytes);
  plain[0] = codec;
  plain.writeUInt32LE(contentBytes, 1);
  const cipher = createCipheriv('aes-256-gcm', key, nonceAt(offset));
  cipher.setAAD(associated);
  return Buffer.concat([cipher.update(plain), cipher.update(body), cipher.final(), cipher.getAuthTag()]);
}

/** Compresses, frames and encrypts a content as the piece at this offset of its object. */
export async function sealPiece(
  key: Uint8Array,
  offset: number,
  content: Uint8Array,
  associated: Uint8Array,
): Promise<Uint8Array> {
  return sealPacked(key, offset, await packContent(content), associated);
}

/**
 * Decrypts, checks and unpacks a piece. The result is the caller's.
 * Errors: REPOSITORY_DAMAGED (another key, offset, association or byte than it was sealed with), REPOSITORY_FORMAT_UNKNOWN.
 */
export function openPiece(
  key: Uint8Array,
  offset: number,
  piece: Uint8Array,
  associated: Uint8Array,
  what: string,
): Uint8Array {
  const { codec, sizeBytes, body } = openFraming(decrypt(key, offset, piece, associated, what), what);
  if (codec === codecs.stored) return Uint8Array.from(body);
  return unpacked(() => zstdDecompressSync(body, unpackOptions(sizeBytes)), sizeBytes, what);
}

/** The same, unpacked on another thread; the piece may be used again as soon as this returns. */
export async function openPieceAhead(...args: Parameters<typeof openPiece>): Promise<Uint8Array> {
  const what = args[4];
  const { codec, sizeBytes, body } = openFraming(decrypt(...args), what);
  if (codec === codecs.stored) return Uint8Array.from(body);
  const outcome = await decompress(body, unpackOptions(sizeBytes)).catch((error: unknown) => ({ error }));
  return unpacked(
    () => {
      if ('error' in outcome) throw outcome.error;
      return outcome;
    },
    sizeBytes,
    what,
  );
}

interface Framed {
  readonly codec: number;
  readonly sizeBytes: number;
  readonly body: Uint8Array;
}

function openFraming(plain: Buffer, what: string): Framed {
  const [codec, sizeBytes, body] = [plain[0]!, plain.readUInt32LE(1), plain.subarray(framingBytes)];
  if (sizeBytes > contentLimitBytes) throw damaged(what, `claims ${sizeBytes} bytes`);
  if (codec === codecs.stored && body.length !== sizeBytes)
    throw damaged(what, `has ${body.length} bytes, not ${sizeBytes}`);
  if (codec !== codecs.stored && codec !== codecs.zstd)
    throw unknownFormat(what, `is packed in a way (${codec}) not known here`);
  return { codec, sizeBytes, body };
}

/**
 * One byte more than there may be, so that too much is seen as such; an empty content has no frame. All in one buffer:
 * what comes in many is copied together.
 */
function unpackOptions(sizeBytes: number) {
  return { maxOutputLength: sizeBytes + 1, chunkSize: Math.max(sizeBytes + 1, leastChunkBytes) };
}

function decrypt(
  key: Uint8Array,
  offset: number,
  piece: Uint8Array,
  associated: Uint8Array,
  what: string,
): Buffer {
  const end = piece.length - tagBytes;
  if (end < framingBytes) throw damaged(what, `is cut off after ${piece.length} bytes`);
  const decipher = createDecipheriv('aes-256-gcm', key, nonceAt(offset));
  decipher.setAAD(associated);
  decipher.setAuthTag(piece.subarray(end));
  try {
    const plain = decipher.update(piece.subarray(0, end));
    // Counter mode leaves nothing for the end: this compares the tag.
    decipher.final();
    return plain;
  } catch (error) {
    throw damaged(what, 'does not open: it was changed, cut off or put in the place of another', error);
  }
}

function unpacked(unpack: () => Buffer, sizeBytes: number, what: string): Uint8Array {
  let content: Buffer;
  try {
    content = unpack();
  } catch (error) {
    throw damaged(what, 'cannot be unpacked', error);
  }
  if (content.length !== sizeBytes)
    throw damaged(what, `unpacks to ${content.length} bytes, not ${sizeBytes}`);
  return new Uint8Array(content.buffer, content.byteOffset, content.length);
}

/** Four zero bytes and the offset: no two pieces of an object share one, and no two objects share a key. */
function nonceAt(offset: number): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(offset), 4);
  return nonce;
}
