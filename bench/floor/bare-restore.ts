/**
 * The least that a restore under Node can do: copy the file, compute its SHA-256 and one CRC over the same bytes as they
 * pass, and flush. Nothing is edited and no page is looked at.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readSync } from 'node:fs';
import { crc32c } from '@node-rs/crc32';

const blockBytes = 1 << 20;
const [from, to] = process.argv.slice(2);
const source = await open(from!, 'r');
const target = await open(to!, 'w', 0o600);
const { size } = await source.stat();
const hash = createHash('sha256');
const buffers = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)];
let crc = 0;
let written: Promise<unknown> = Promise.resolve();
for (let offset = 0, block = 0; offset < size; offset += blockBytes, block++) {
  const buffer = buffers[block % 2]!;
  const bytes = buffer.subarray(0, readSync(source.fd, buffer, 0, blockBytes, offset));
  await written;
  written = target.write(bytes, 0, bytes.length, offset);
  hash.update(bytes);
  crc = crc32c(bytes, crc);
}
await written;
await target.sync();
console.log(hash.digest('hex'), crc);
await target.close();
await source.close();
