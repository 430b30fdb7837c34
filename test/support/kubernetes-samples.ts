import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

/**
 * Snapshots of real Kubernetes control planes, each with what its own etcd and API server said of it:
 * `testdata/kubernetes/README.md`.
 */
export const kubernetesSamples = [
  'shop-3.4.23',
  'shop-3.5.30',
  'shop-3.6',
  'shop-edited-3.6',
  'enc-mixed-3.6',
] as const;

export type KubernetesSample = (typeof kubernetesSamples)[number];

const directory = join(import.meta.dirname, '..', '..', 'testdata', 'kubernetes');

/** Files that are kept compressed. */
const packed = new Set(['db', 'keys.txt', 'objects.json']);

/** Content of a file of a sample, unpacked: `sampleFile('shop-3.6', 'db')`. */
export async function sampleFile(sample: KubernetesSample, name: string): Promise<Uint8Array> {
  const path = join(directory, sample, name);
  return packed.has(name) ? brotliDecompressSync(await readFile(`${path}.br`)) : await readFile(path);
}

/** Unpacks a sample's snapshot into a directory; returns its path. */
export async function unpackSample(sample: KubernetesSample, into: string): Promise<string> {
  const path = join(into, `${sample}.db`);
  await writeFile(path, await sampleFile(sample, 'db'), { mode: 0o600 });
  return path;
}
