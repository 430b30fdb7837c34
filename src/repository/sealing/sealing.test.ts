import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import { Random } from '../../../test/support/random.ts';
import { testSeed } from '../../../test/support/test-seed.ts';
import { createRepositoryKeys, type RepositoryKeys } from '../keys/index.ts';
import { createObjectKey, findObjectKey } from './object-key.ts';
import { decodeHeader, encodeHeader } from './object-header.ts';
import { openPiece, sealPiece } from './piece.ts';
import { openObject, sealObject } from './sealed-object.ts';

const keys = createRepositoryKeys();
const object = { kind: 'record', name: 'backups/20261122-100000-0badcafe' } as const;
const text = (words: string) => new TextEncoder().encode(words);
const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');

test('an object comes back, compressed or not, and shows nothing of what is in it', async (t) => {
  const random = new Random(testSeed(t));
  const repeated = text('a secret of the cluster '.repeat(1000));
  for (const content of [new Uint8Array(0), text('x'), repeated, random.bytes(10_000)]) {
    const sealed = await sealObject(keys, object, content);
    assert.deepEqual(openObject(keys, object, sealed), content);
    assert.ok(!Buffer.from(sealed).includes('secret'));
    assert.ok(content !== repeated || sealed.length < 500);
    assert.notDeepEqual(await sealObject(keys, object, content), sealed, 'the same content looks different');
  }
});

test('every changed bit and every cut is seen', async () => {
  const sealed = await sealObject(keys, object, text('what was written'));
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = sealed.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(
      () => openObject(keys, object, changed),
      (error) => isDamaged(error) || (bit < 32 && hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN')),
      `bit ${bit}`,
    );
  }
  for (let length = 0; length < sealed.length; length++)
    assert.throws(() => openObject(keys, object, sealed.subarray(0, length)), isDamaged, `${length} bytes`);
  assert.throws(() => openObject(keys, object, Buffer.concat([sealed, Buffer.of(0)])), isDamaged);
});

test('an object opens as itself only: not under another name, as another kind, or with other keys', async () => {
  const sealed = await sealObject(keys, object, text('x'));
  assert.throws(() => openObject(keys, { ...object, name: `${object.name}0` }, sealed), isDamaged);
  assert.throws(() => openObject(keys, { ...object, kind: 'pin' }, sealed), isDamaged);
  assert.throws(() => openObject(createRepositoryKeys(), object, sealed), isDamaged);
});

test('what is sealed for readers is not opened by who may only write', () => {
  const writer: RepositoryKeys = { ...keys, secrets: { ...keys.secrets, content: [], bundle: [] } };
  for (const kind of ['chunkPack', 'bundlePack'] as const) {
    const made = createObjectKey(writer, kind, 'packs/');
    const header = decodeHeader(made.header, kind, 'it');
    assert.deepEqual(findObjectKey(keys, header, 'packs/', 'it'), made.key);
    assert.throws(
      () => findObjectKey(writer, header, 'packs/', 'it'),
      (error) => hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT'),
    );
    const zero = decodeHeader(encodeHeader({ ...header, salt: new Uint8Array(32) }), kind, 'it');
    assert.throws(() => findObjectKey(keys, zero, 'packs/', 'it'), isDamaged);
  }
});

test('the bytes are those of the format', async () => {
  // What docs/formats/repository.md says, done by hand.
  const { createDecipheriv, hkdfSync } = await import('node:crypto');
  const sealed = Buffer.from(await sealObject(keys, object, text('x')));
  assert.equal(sealed.subarray(0, 8).toString('hex'), '4846523105010100');
  const info = Buffer.concat([text('holdfast object\0'), sealed.subarray(0, 8), text(object.name)]);
  const key = Buffer.from(hkdfSync('sha256', keys.secrets.control, sealed.subarray(8, 40), info, 32));
  const nonce = Buffer.from('000000002800000000000000', 'hex');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(40, -16)), decipher.final()]);
  assert.equal(plain.toString('hex'), '000100000078');
});

test('a piece that unpacks to more than it says is refused', async () => {
  const { createCipheriv } = await import('node:crypto');
  const { zstdCompressSync } = await import('node:zlib');
  const key = new Uint8Array(32);
  const nothing = new Uint8Array(0);
  const seal = (plain: Uint8Array) => {
    const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  const bomb = zstdCompressSync(new Uint8Array(50 << 20));
  const sizes = Buffer.alloc(5);
  sizes[0] = 1;
  for (const claimed of [0, 10, (50 << 20) - 1, (50 << 20) + 1, 0xffff_ffff]) {
    sizes.writeUInt32LE(claimed, 1);
    assert.throws(() => openPiece(key, 0, seal(Buffer.concat([sizes, bomb])), nothing, 'it'), isDamaged);
  }
  const unknown = seal(Buffer.from([7, 0, 0, 0, 0]));
  assert.throws(
    () => openPiece(key, 0, unknown, nothing, 'it'),
    (error) => hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
  );
  await assert.rejects(sealPiece(key, 0, { length: 2 ** 27 } as Uint8Array, nothing), RangeError);
});
