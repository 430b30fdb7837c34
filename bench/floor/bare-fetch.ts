/**
 * The least that a fetch under Node can do: turn a passphrase into a key, unpack pieces on other threads, write them,
 * and compute the SHA-256 of the file. Nothing is decrypted, no row is looked at, no page is made or checked.
 *
 * `pack FROM TO` makes the pieces before, `fetch FROM TO` is what is measured.
 */
import { createHash, scrypt } from 'node:crypto';
import { readSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdCompressSync, zstdDecompress } from 'node:zlib';

const blockBytes = 1 << 20;
const piecesAtOnce = 6;
const [mode, from, to] = process.argv.slice(2);

interface Piece {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly packedBytes: number;
}

async function* blocksOf(path: string): AsyncGenerator<Buffer> {
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(blockBytes);
  for (let offset = 0; ; ) {
    const count = readSync(file.fd, buffer, 0, blockBytes, offset);
    if (count === 0) return;
    offset += count;
    yield buffer.subarray(0, count);
  }
}

async function pack(): Promise<void> {
  await using target = await open(to!, 'w', 0o600);
  const pieces: Piece[] = [];
  let offset = 0;
  for await (const block of blocksOf(from!)) {
    const frame = zstdCompressSync(block);
    await target.write(frame);
    pieces.push({ offset, sizeBytes: block.length, packedBytes: frame.length });
    offset += block.length;
  }
  await writeFile(`${to}.json`, JSON.stringify(pieces));
}

async function fetchAll(): Promise<void> {
  const cost = { N: 131_072, r: 8, p: 1, maxmem: 256 << 20 };
  await new Promise((resolve) => scrypt('passphrase', 'salt', 32, cost, (_error, key) => resolve(key)));
  const pieces = JSON.parse(await readFile(`${from}.json`, 'utf8')) as readonly Piece[];
  await using source = await open(from!, 'r');
  await using target = await open(to!, 'w', 0o600);
  const unpack = promisify(zstdDecompress) as (bytes: Buffer, options: object) => Promise<Buffer>;
  const underWay = new Set<Promise<void>>();
  let position = 0;
  for (const { offset, sizeBytes, packedBytes } of pieces) {
    const at = position;
    position += packedBytes;
    const work = (async () => {
      const { buffer } = await source.read(Buffer.allocUnsafe(packedBytes), 0, packedBytes, at);
      const content = await unpack(buffer, { chunkSize: sizeBytes + 64 });
      await target.write(content, 0, content.length, offset);
    })().finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= piecesAtOnce) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  const flushed = target.datasync();
  const hash = createHash('sha256');
  for await (const block of blocksOf(to!)) hash.update(block);
  await flushed;
  console.log(hash.digest('hex'));
}

await (mode === 'pack' ? pack() : fetchAll());
