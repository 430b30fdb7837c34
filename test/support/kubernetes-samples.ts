import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

/**
 * Snapshots of real Kubernetes control planes, kept beside the checkout in `shared/data/kubernetes` because of their
 * size. Each comes with what its own etcd and API server said of it.
 */
export const kubernetesSamples = [
  'shop-3.4.23',
  'shop-3.5.30',
  'shop-3.6',
  'shop-edited-3.6',
  'enc-mixed-3.6',
] as const;

const directory = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'kubernetes');

/** Whether the samples are there; otherwise the test has been skipped, or fails under `CI=true`. */
export function haveKubernetesSamples(t: TestContext): boolean {
  if (existsSync(directory)) return true;
  const reason = 'the samples in ../shared/data/kubernetes are not beside this checkout';
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return false;
}

/** Content of a file of a sample, unpacked: `sampleFile('shop-3.6', 'db.gz')`. */
export async function sampleFile(sample: string, ending: string): Promise<Uint8Array> {
  const bytes = await readFile(join(directory, `${sample}.${ending}`));
  return ending.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** Unpacks a sample's snapshot into a directory; returns its path. */
export async function unpackSample(sample: string, into: string): Promise<string> {
  const path = join(into, `${sample}.db`);
  await writeFile(path, await sampleFile(sample, 'db.gz'), { mode: 0o600 });
  return path;
}
