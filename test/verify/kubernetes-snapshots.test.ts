import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayText, memorySource, operationContext } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import {
  buildKeyspace,
  decodeLease,
  decodeMember,
  hashKv,
  keyCountRule,
  statusNumbers,
} from '../../src/formats/mvcc/index.ts';
import { verifySnapshot } from '../../src/operations/verify/index.ts';
import {
  type KubernetesSample,
  kubernetesSamples,
  sampleFile,
  unpackSample,
} from '../support/kubernetes-samples.ts';
import { int64, type JsonObject, parseJson } from '../support/lossless-json.ts';
import { tempDir } from '../support/temp-dir.ts';

async function sampleJson(sample: KubernetesSample, what: string): Promise<JsonObject> {
  return parseJson(displayText(await sampleFile(sample, `${what}.json`))) as JsonObject;
}

for (const sample of kubernetesSamples) {
  test(`${sample}: every check is ok`, async () => {
    await using dir = await tempDir('verify');
    const path = await unpackSample(sample, dir.path);
    const report = await verifySnapshot({ path }, operationContext());
    const statuses = report.checks.map(({ name, status }) => `${name} ${status}`);
    assert.deepEqual(
      statuses.filter((status) => !status.endsWith(' ok')),
      [],
      JSON.stringify(report.checks, undefined, 1),
    );
    assert.equal(statuses.length, 11);
  });

  test(`${sample}: hashes, keys, leases and members as its own etcd says`, async () => {
    const database = openDatabase(memorySource(await sampleFile(sample, 'db')));
    const status = await sampleJson(sample, 'status');
    const numbers = statusNumbers(database);
    const rule = keyCountRule(database);
    assert.deepEqual(
      {
        hash: numbers.hash,
        revision: numbers.revision,
        totalKey: rule === 'live-keys' ? numbers.liveKeys : numbers.allRows,
        version: numbers.version,
      },
      {
        hash: Number(status['hash']),
        revision: int64(status['revision']),
        totalKey: Number(status['totalKey']),
        version: status['version'] ?? '',
      },
    );

    const [endpoint] = (await sampleJson(sample, 'hashkv')) as unknown as [{ HashKV: JsonObject }];
    const { hash, compactRevision } = hashKv(database, { revision: numbers.revision });
    assert.deepEqual(
      [hash, compactRevision],
      [Number(endpoint.HashKV['hash']), int64(endpoint.HashKV['compact_revision'])],
    );

    const keyspace = buildKeyspace(database);
    const names = [...keyspace.liveKeys(numbers.revision)].map(({ rank }) => displayText(keyspace.key(rank)));
    // Some of the lists were made with the prefix of the API server: a key of its own beside it is not in them.
    const registry = (keys: readonly string[]) => keys.filter((key) => key.startsWith('/registry/'));
    const listed = displayText(await sampleFile(sample, 'keys.txt')).split('\n');
    assert.deepEqual(registry(names), registry(listed));
    assert.ok(names.length - registry(names).length <= 1);

    const stored = [...database.bucket('members')!.entries()].map(({ value }) => decodeMember(value));
    const { members } = (await sampleJson(sample, 'members')) as unknown as { members: JsonObject[] };
    assert.deepEqual(
      stored.map(({ id, name, peerUrls, clientUrls }) => ({ id, name, peerUrls, clientUrls })),
      members.map((member) => ({
        id: int64(member['ID']),
        name: member['name'],
        peerUrls: member['peerURLs'],
        clientUrls: member['clientURLs'],
      })),
    );

    // Leases were listed a moment after the snapshot: some had expired, some were new.
    const ids = new Set([...database.bucket('lease')!.entries()].map(({ value }) => decodeLease(value).id));
    const { leases } = (await sampleJson(sample, 'leases')) as unknown as { leases: JsonObject[] };
    const leaseIds = leases.map(({ id }) => int64(id));
    assert.ok(leaseIds.filter((id) => ids.has(id)).length >= leaseIds.length - 2, 'leases as listed');
  });
}
