/**
 * Writes, reads and watches a key of a live etcd. Endpoints come from ETCDCTL_ENDPOINTS.
 *
 *     ETCDCTL_ENDPOINTS=127.0.0.1:2379 node examples/live-client.ts
 */
import { hasCode } from 'holdfast';
import { openEtcdClient, prefixEnd } from 'holdfast/etcd';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);
const endpoints = (process.env['ETCDCTL_ENDPOINTS'] ?? '127.0.0.1:2379').split(',');

await using client = openEtcdClient({ endpoints, commandTimeoutMs: 5000 });
try {
  const { header } = await client.kv.put({ key: bytes('example/one'), value: bytes('hello') });
  await client.kv.put({ key: bytes('example/two'), value: bytes('world') });

  const range = { key: bytes('example/'), rangeEnd: prefixEnd(bytes('example/')) };
  const { kvs } = await client.kv.range(range);
  for (const { key, value } of kvs) console.log(`${text(key)} = ${text(value)}`);

  // From the first of the two writes on: a watch replays history before it waits.
  await using watch = client.watch({ ...range, startRevision: header?.revision ?? 0n });
  let seen = 0;
  for await (const { events } of watch) {
    for (const { kv } of events) console.log(`event: ${text(kv?.key ?? bytes(''))}`);
    seen += events.length;
    if (seen >= 2) break;
  }
  await client.kv.deleteRange(range);
} catch (error) {
  if (!hasCode(error, 'ETCD_UNREACHABLE')) throw error;
  console.error(`${error.message}; ${error.hint}`);
  process.exitCode = error.exitStatus;
}
