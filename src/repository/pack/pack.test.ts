import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { formatHex, hasCode } from '../../base/index.ts';
import { Random } from '../../../test/support/random.ts';
import { testSeed } from '../../../test/support/test-seed.ts';
import { ChunkIndex, decodeSegment, encodeSegment } from '../chunk-index/index.ts';
import { contentIds, createRepositoryKeys } from '../keys/index.ts';
import {
  type BuiltPack,
  decodePackFooter,
  PackBuilder,
  PackOpener,
  type PieceType,
  pieceTypes,
} from './index.ts';

const keys = createRepositoryKeys();
const idOf = contentIds(keys.secrets.control);
const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');

async function build(contents: readonly Uint8Array[], type: PieceType = 'rows'): Promise<BuiltPack> {
  const builder = new PackBuilder(keys, type === 'rows' ? 'chunkPack' : 'tablePack');
  for (const content of contents) await builder.add(type, idOf(pieceTypes[type], content), content);
  return builder.finish();
}

/** Everything in a pack, found from its end, as a rebuild of the index does. */
function readAll(bytes: Uint8Array, kind: BuiltPack['kind'] = 'chunkPack') {
  const { tableOffset, tableBytes } = decodePackFooter(bytes.subarray(-8), bytes.length, 'it');
  const opener = new PackOpener(keys, kind, bytes, 'it');
  const entries = opener.openTable(bytes.subarray(tableOffset, tableOffset + tableBytes), tableOffset);
  return entries.map((entry) =>
    opener.open(entry, bytes.subarray(entry.offset, entry.offset + entry.pieceBytes)),
  );
}

test('what goes into a pack comes out, from its end and by the index', async (t) => {
  const random = new Random(testSeed(t));
  const contents = Array.from({ length: 20 }, () => random.bytes(random.int(0, 5000)));
  const pack = await build(contents);
  const bytes = Buffer.concat(pack.content);
  assert.equal(bytes.length, pack.sizeBytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  assert.equal(pack.name, `packs/${digest.slice(0, 2)}/${digest}`);
  assert.deepEqual(readAll(bytes), contents);

  const [indexed] = decodeSegment(encodeSegment([pack]), 'it');
  assert.deepEqual(indexed?.entries, pack.entries);
  const index = new ChunkIndex();
  index.add(indexed);
  index.add(indexed);
  for (const content of contents) {
    const id = idOf(pieceTypes.rows, content);
    assert.equal(index.find('rows', id)[0]?.entry.contentBytes, content.length);
    assert.equal(index.has('recipe', id), false);
  }
  assert.equal(formatHex([...index.packs()][0]!.digest), digest);
});

test('no byte of a pack can be changed unseen, and nothing that follows is believed', async () => {
  const contents = [Uint8Array.of(1, 2, 3), new Uint8Array(300).fill(7)];
  const bytes = Buffer.concat((await build(contents)).content);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 0x10;
    assert.throws(
      () => readAll(changed),
      (error) => isDamaged(error) || hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
      `byte ${at}`,
    );
  }
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => readAll(bytes.subarray(0, length)), isDamaged, `${length} bytes`);
});

test('a piece opens at its place and under its id only', async () => {
  const pack = await build([Uint8Array.of(1), Uint8Array.of(2)]);
  const bytes = Buffer.concat(pack.content);
  const opener = new PackOpener(keys, 'chunkPack', bytes, 'it');
  const [first, second] = pack.entries as [BuiltPack['entries'][0], BuiltPack['entries'][0]];
  const piece = bytes.subarray(first.offset, first.offset + first.pieceBytes);
  assert.deepEqual(opener.open(first, piece), Uint8Array.of(1));
  assert.throws(() => opener.open({ ...first, offset: second.offset }, piece), isDamaged);
  assert.throws(() => opener.open({ ...first, id: second.id }, piece), isDamaged);
  assert.throws(() => opener.open({ ...first, type: 'pages' }, piece), isDamaged);
});

test('who stores a content under the id of another is found out by whoever reads it', async () => {
  const builder = new PackBuilder(keys, 'chunkPack');
  const entry = await builder.add('rows', idOf(pieceTypes.rows, Uint8Array.of(1)), Uint8Array.of(2));
  const bytes = Buffer.concat((await builder.finish()).content);
  const opener = new PackOpener(keys, 'chunkPack', bytes, 'it');
  const piece = bytes.subarray(entry.offset, entry.offset + entry.pieceBytes);
  assert.throws(() => opener.open(entry, piece), isDamaged);
});

test('a content lies in the kind of pack that it belongs to', async () => {
  const builder = new PackBuilder(keys, 'tablePack');
  await assert.rejects(builder.add('rows', new Uint8Array(32), new Uint8Array(1)), RangeError);
  const segment = encodeSegment([await build([Uint8Array.of(1)])]);
  const kindAt = 1 + 32;
  segment[kindAt] = 2;
  assert.throws(() => decodeSegment(segment, 'it'), isDamaged);
  segment[kindAt] = 9;
  assert.throws(
    () => decodeSegment(segment, 'it'),
    (error) => hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
  );
});

test('a segment with anything too much or too little is refused', async () => {
  const segment = encodeSegment([await build([Uint8Array.of(1)]), await build([Uint8Array.of(2)], 'recipe')]);
  for (let length = 0; length < segment.length; length++)
    assert.throws(() => decodeSegment(segment.subarray(0, length), 'it'), isDamaged, `${length} bytes`);
  assert.throws(() => decodeSegment(Buffer.concat([segment, Buffer.of(0)]), 'it'), isDamaged);
});
