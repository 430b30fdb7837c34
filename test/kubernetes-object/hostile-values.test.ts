import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { utf8, WireWriter } from '../../src/base/index.ts';
import {
  decodeObject,
  decodeObjectMetadata,
  formatKubernetesJson,
  type ObjectValue,
} from '../../src/formats/kubernetes-object/index.ts';
import { Random } from '../support/random.ts';
import { testSeed } from '../support/test-seed.ts';
import { readLive } from './sample-objects.ts';

/** Far more than any value needs, also on a busy machine; what is not linear passes it at once. */
const timeLimitMs = 20_000;

/** Decodes in every way; whatever comes out can be printed. */
function decodeFully(value: Uint8Array): ObjectValue {
  const found = decodeObject(value, { modRevision: 1n });
  if (found.state === 'decoded') JSON.parse(formatKubernetesJson(found.object));
  decodeObjectMetadata(value);
  return found;
}

/** What a value is refused for. */
function refusal(value: Uint8Array): string {
  const started = performance.now();
  const found = decodeFully(value);
  assert.ok(performance.now() - started < timeLimitMs);
  return found.state === 'undecoded' ? found.finding.message : found.state;
}

function pod(...raw: readonly Uint8Array[]): Uint8Array {
  return object('v1', 'Pod', Buffer.concat(raw));
}

function object(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const typeMeta = new WireWriter().string(1, apiVersion).string(2, kind);
  const unknown = new WireWriter().message(1, typeMeta).bytes(2, raw).finish();
  return Buffer.concat([utf8('k8s\0'), unknown]);
}

/** One object of each kind, the shortest. */
async function oneOfEach(): Promise<Map<string, Uint8Array>> {
  const shortest = new Map<string, Uint8Array>();
  for (const { value } of (await readLive('shop-3.6')).values()) {
    const found = decodeObject(value);
    if (found.state !== 'decoded') continue;
    if (value.length < (shortest.get(found.kind)?.length ?? Infinity)) shortest.set(found.kind, value);
  }
  return shortest;
}

suite('values made to mislead', () => {
  test('an object cut short anywhere is damaged, or whole but for what follows it', async () => {
    const objects = await oneOfEach();
    assert.ok(objects.size > 50);
    for (const [kind, value] of objects) {
      const isJson = value[0] === 0x7b;
      const step = value.length > 3000 ? 7 : 1;
      for (let length = 4; length < value.length; length += step) {
        const found = decodeFully(value.subarray(0, length));
        if (found.state === 'undecoded') continue;
        // Behind the object itself stand only two empty fields, or the line's end.
        assert.ok(value.length - length <= (isJson ? 1 : 4), `${kind} cut at ${length} of ${value.length}`);
      }
    }
  });

  test('changed bytes anywhere: decoded or damaged, never worse', async (t) => {
    const random = new Random(testSeed(t));
    const outcomes = new Map<string, number>();
    for (const value of (await oneOfEach()).values()) {
      for (let round = 0; round < 150; round++) {
        const changed = value.slice();
        for (let left = random.int(1, 4); left > 0; left--)
          changed[random.int(4, changed.length - 1)] = random.int(0, 255);
        const { state } = decodeFully(changed);
        outcomes.set(state, (outcomes.get(state) ?? 0) + 1);
      }
    }
    t.diagnostic(JSON.stringify([...outcomes]));
  });

  test('any bytes behind any beginning', (t) => {
    const beginnings = ['k8s\0', '{', '{"apiVersion":"v1","kind":"Pod",', 'k8s:enc:', ''];
    const message = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), message, (beginning, bytes) => {
        decodeFully(Buffer.concat([utf8(beginning), bytes]));
      }),
      { seed: testSeed(t), numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.constantFrom('Pod', 'Event', 'Node', 'Secret', 'Service'), message, (kind, bytes) => {
        decodeFully(object('v1', kind, bytes));
      }),
      { seed: testSeed(t), numRuns: 3000 },
    );
  });

  test('absurd lengths and numbers', () => {
    const longLength = (length: bigint) => {
      const written = new WireWriter().varint(1, length).finish();
      return pod(Uint8Array.of(0x0a), written.subarray(1));
    };
    for (const length of [1n << 20n, 1n << 31n, 1n << 32n, 1n << 53n, (1n << 64n) - 1n]) {
      assert.match(refusal(longLength(length)), /^protobuf: a length past the end at byte \d+$/);
    }
    const endless = new Uint8Array(11).fill(0xff);
    assert.match(refusal(pod(Uint8Array.of(0x08), endless)), /a number of more than 10 bytes/);
    assert.match(refusal(pod(endless)), /a number of more than 10 bytes/);
    assert.match(refusal(pod(Uint8Array.of(0x00))), /field number 0/);
    assert.match(refusal(pod(Uint8Array.of(0x0b))), /wire type 3/);
    assert.match(refusal(pod(Uint8Array.of(0x09, 1, 2))), /a fixed number past the end/);
  });

  test('messages nested without end', () => {
    const schema = 'apiextensions.k8s.io/v1';
    let nested = new Uint8Array(0);
    // not: a schema in a schema.
    for (let depth = 0; depth < 2_000; depth++)
      nested = Uint8Array.from(new WireWriter().bytes(28, nested).finish());
    const version = new WireWriter().bytes(4, new WireWriter().bytes(1, nested).finish()).finish();
    const raw = new WireWriter().bytes(2, new WireWriter().bytes(7, version).finish()).finish();
    assert.match(refusal(object(schema, 'CustomResourceDefinition', raw)), /too many levels of messages/);
  });

  test('JSON nested without end, closed or not, also inside texts', () => {
    const custom = (text: string) => utf8(`{"apiVersion":"a.example.com/v1","kind":"A","x":${text}}`);
    const nested = (depth: number) => custom('['.repeat(depth) + ']'.repeat(depth));
    assert.equal(refusal(nested(499)), 'decoded');
    assert.equal(refusal(nested(500)), 'the value is nested too deeply');
    assert.equal(refusal(nested(2_000_000)), 'the value is nested too deeply');
    assert.equal(refusal(utf8('{"a":'.repeat(300_000))), 'the value is nested too deeply');
    assert.equal(refusal(custom(JSON.stringify(`\\"${'['.repeat(5_000)}`))), 'decoded');
    assert.equal(refusal(custom(`"${'\\"['.repeat(5_000)}"`)), 'decoded');
    assert.equal(refusal(utf8(`{"a":"${'\\'.repeat(100_001)}`)), 'the value is not valid JSON');
    const managed = new WireWriter().bytes(7, new WireWriter().string(1, '['.repeat(100_000)).finish());
    const deep = decodeFully(
      pod(new WireWriter().bytes(1, new WireWriter().message(17, managed).finish()).finish()),
    );
    assert.ok(deep.state === 'decoded');
    assert.deepEqual(
      deep.findings.map(({ message }) => message),
      ['an embedded value is nested too deeply'],
    );
  });

  test('two bytes each that ask for a dozen objects', () => {
    // An empty claim template is five objects.
    const claims = Buffer.alloc(3_000_000);
    for (let i = 0; i < claims.length; i += 2) claims[i] = (4 << 3) | 2;
    const value = object('apps/v1', 'StatefulSet', new WireWriter().bytes(2, claims).finish());
    assert.match(refusal(value), /too many messages/);
  });

  test('unknown fields and notes without number are counted, and a hundred kept', () => {
    const many = Buffer.alloc(2_000_000);
    for (let i = 0; i < many.length; i += 2) many[i] = (15 << 3) | 0;
    const found = decodeFully(pod(many));
    assert.ok(found.state === 'decoded');
    assert.deepEqual([found.unknownFieldCount, found.unknownFields.length], [1_000_000, 100]);
  });

  test('long runs of digits and blanks', () => {
    const custom = (text: string) => utf8(`{"apiVersion":"a.example.com/v1","kind":"A","x":${text}}`);
    assert.equal(refusal(custom('9'.repeat(100_000))), 'decoded');
    for (const beyond of ['1e400', '[-1.5E+0999]', '{"y": 9e07199254740993}', `${'9'.repeat(300)}.0e99`])
      assert.equal(refusal(custom(beyond)), 'the value is not valid JSON', beyond);
    for (const within of ['1e308', '-1.5E-400', '"1e400"', '[0.1e005, 9007199254740993]'])
      assert.equal(refusal(custom(within)), 'decoded', within);
    assert.equal(refusal(custom(`[${'9007199254740993,'.repeat(20_000)}1]`)), 'decoded');
    assert.equal(refusal(custom(`${' '.repeat(2_000_000)}1`)), 'decoded');
    assert.equal(refusal(custom(`"${'-'.repeat(2_000_000)}"`)), 'decoded');
  });
});
