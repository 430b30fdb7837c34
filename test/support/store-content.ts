import { createHash } from 'node:crypto';
import { JsonGateway, gatewayConcurrency } from './json-gateway.ts';
import { type Json, type JsonObject, int64 } from './lossless-json.ts';
import type { Pki } from './pki.ts';
import type { ExpectedKey } from './workload.ts';

/** Every live key of a store with its value's digest, in the form in which a workload tells what to expect. */
export async function readStore(options: {
  readonly clientUrl: string;
  readonly tls: Pki | undefined;
  /** The current one by default. */
  readonly revision?: bigint;
}): Promise<Map<string, ExpectedKey>> {
  using gateway = new JsonGateway(options.clientUrl, options.tls);
  const revision = (options.revision ?? 0n).toString();
  const everything = { key: 'AA==', range_end: 'AA==', revision, keys_only: true };
  const keys = keyValues(await gateway.call('kv/range', everything)).map((found) => text(found['key']));
  const content = new Map<string, ExpectedKey>();
  // One key at a time: the gateway of older etcd takes no answer above 4 MiB.
  const remaining = keys.values();
  const worker = async () => {
    for (const key of remaining) {
      const [found] = keyValues(await gateway.call('kv/range', { key, revision }));
      if (found !== undefined) content.set(key, describe(found));
    }
  };
  await Promise.all(Array.from({ length: gatewayConcurrency }, worker));
  // In key order, as the first answer had it.
  return new Map(keys.flatMap((key) => (content.has(key) ? [[key, content.get(key)!]] : [])));
}

function keyValues(answer: JsonObject): JsonObject[] {
  return (answer['kvs'] ?? []) as unknown as JsonObject[];
}

function describe(found: JsonObject): ExpectedKey {
  const value = Buffer.from(text(found['value']), 'base64');
  return {
    valueSha256: createHash('sha256').update(value).digest('hex'),
    valueSizeBytes: value.length,
    lease: int64(found['lease']),
  };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
