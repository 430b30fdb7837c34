/**
 * The least that a status under Node can do: read every byte once, find the leaf pages, checksum the rows of each with
 * the native CRC and put the checksums together, half of the file on a thread of its own. It trusts every page, knows no
 * tree, puts the checksums together in the wrong order, checks and counts nothing.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { crc32c } from '@node-rs/crc32';
import { combineCrc32c } from '../../src/base/checksum/index.ts';

const blockBytes = 1 << 18;
const pageBytes = 4096;
const leafFlag = 0x02;

interface Part {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

interface Sum {
  readonly crc: number;
  readonly sizeBytes: number;
}

function checksum({ path, from, to }: Part): Sum {
  const fd = openSync(path, 'r');
  const buffer = Buffer.alloc(blockBytes);
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset, blockBytes / 4);
  let sum: Sum = { crc: 0, sizeBytes: 0 };
  for (let offset = from; offset < to; offset += blockBytes) {
    const bytes = readSync(fd, buffer, 0, Math.min(blockBytes, to - offset), offset);
    for (let page = 0; page + pageBytes <= bytes; page += pageBytes) {
      const flags = words[page / 4 + 2]! & 0xffff;
      const count = words[page / 4 + 2]! >>> 16;
      if (flags !== leafFlag || count === 0) continue;
      const firstElement = page / 4 + 4;
      const lastElement = firstElement + (count - 1) * 4;
      const first = page + 16 + words[firstElement + 1]!;
      const last =
        lastElement * 4 + words[lastElement + 1]! + words[lastElement + 2]! + words[lastElement + 3]!;
      const end = Math.min(last, bytes);
      const crc = crc32c(buffer.subarray(first, end), 0);
      sum = { crc: combineCrc32c(sum.crc, crc, end - first), sizeBytes: sum.sizeBytes + end - first };
    }
  }
  closeSync(fd);
  return sum;
}

if (isMainThread) {
  const path = process.argv[2]!;
  const fd = openSync(path, 'r');
  const { size } = fstatSync(fd);
  closeSync(fd);
  const middle = Math.floor(size / 2 / blockBytes) * blockBytes;
  const other = new Worker(process.argv[1]!, { workerData: { path, from: middle, to: size } satisfies Part });
  const answered = new Promise<Sum>((resolve, reject) => {
    other.once('message', resolve);
    other.once('error', reject);
  });
  const first = checksum({ path, from: 0, to: middle });
  const second = await answered;
  console.log(
    combineCrc32c(first.crc, second.crc, second.sizeBytes).toString(16),
    first.sizeBytes + second.sizeBytes,
  );
} else parentPort!.postMessage(checksum(workerData as Part));
