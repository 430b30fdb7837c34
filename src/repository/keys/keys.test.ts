import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import {
  createRepositoryKeys,
  createSlot,
  decodeConfig,
  decodeSlot,
  encodeConfig,
  encodeSlot,
  formatKeyFile,
  generateFileKey,
  parseAgeIdentities,
  parseKeyFile,
  type RepositoryKeys,
  rowDigests,
  type Slot,
  type SlotLock,
  type Unlock,
  unlockRepository,
  usesOf,
} from './index.ts';

const keys = createRepositoryKeys();
const createdAt = '2026-11-22T10:00:00Z';
const text = (words: string) => new TextEncoder().encode(words);
const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');
const isWrong = (error: unknown) => hasCode(error, 'REPOSITORY_KEY_WRONG');

const configOf = (of: RepositoryKeys) =>
  encodeConfig(of.secrets.control, {
    repositoryId: of.repositoryId,
    createdAt,
    generation: 1,
    publicKeys: of.publicKeys[0]!,
  });
const config = decodeConfig(configOf(keys));

const identity = 'AGE-SECRET-KEY-1A694AYSSGJN5MJQVPY9MNV4FDCCA0VLEN2NCDL7JP3AX7W8MYVXS68CGRL';
const recipient = 'age1ys09qxkzr8lm4l3kadyhaqmpkk55tpdye4zln8a86rzntdzj2s3qqzn290';

/** A slot as it comes out of the store. */
async function stored(
  lock: SlotLock,
  options: Partial<Parameters<typeof createSlot>[0]> = {},
): Promise<Slot> {
  const slot = await createSlot({ keys, lock, label: 'test', createdAt, ...options });
  return decodeSlot(encodeSlot(slot), `keys/${slot.slot}`);
}

const fileKey = generateFileKey();
const pairs: readonly (readonly [SlotLock, Unlock, Unlock])[] = [
  [
    { kind: 'passphrase', passphrase: 'Bär', scryptN: 1024 },
    // The same letters, composed in another way.
    { kind: 'passphrase', passphrase: 'Ba\u0308r' },
    { kind: 'passphrase', passphrase: 'bär' },
  ],
  [
    { kind: 'key-file', key: fileKey },
    { kind: 'key-file', key: parseKeyFile(formatKeyFile(fileKey)) },
    { kind: 'key-file', key: generateFileKey() },
  ],
  [
    { kind: 'age', recipients: [recipient] },
    { kind: 'age', identities: [identity] },
    {
      kind: 'age',
      identities: ['AGE-SECRET-KEY-19XJFN08ZNZCUG2TGARP4NY92F5ZJ5RFSAPC6NV3CFVA7TKNJ26USMJ656U'],
    },
  ],
];

for (const [lock, right, wrong] of pairs) {
  test(`a slot for a ${lock.kind} opens with it, and with nothing else`, async () => {
    const slot = await stored(lock);
    const { keys: opened } = await unlockRepository([config], [slot], right);
    assert.deepEqual(opened, keys);
    await assert.rejects(unlockRepository([config], [slot], wrong), (error) => {
      assert.ok(hasCode(error, 'REPOSITORY_KEY_WRONG'));
      assert.equal(error.exitStatus, 4);
      assert.match(error.message, /^no key of the repository opens with th[^.]+$/);
      return true;
    });
    const another = { kind: 'key-file' as const, key: generateFileKey() };
    const slots = [await stored(another), slot];
    assert.equal((await unlockRepository([config], slots, right)).slot.slot, slot.slot);
  });

  test(`a slot for a ${lock.kind} with any field changed does not open`, async () => {
    const slot = await stored(lock);
    const object = JSON.parse(new TextDecoder().decode(encodeSlot(slot))) as Record<string, unknown>;
    const changes = { label: 'other', allows: ['write'], createdAt: 'never', generation: 2, added: true };
    for (const [name, value] of Object.entries(changes)) {
      const changed = decodeSlot(text(JSON.stringify({ ...object, [name]: value })), `keys/${slot.slot}`);
      await assert.rejects(
        unlockRepository([config], [changed], right),
        (error) => isWrong(error) || isDamaged(error),
        name,
      );
    }
  });
}

test('a slot for a node holds what writing takes, and nothing that reads', async () => {
  const slot = await stored({ kind: 'key-file', key: fileKey }, { allows: ['write'] });
  const unlocked = await unlockRepository([config], [slot], { kind: 'key-file', key: fileKey });
  assert.deepEqual(usesOf(unlocked.keys.secrets), ['write']);
  assert.deepEqual(slot.allows, ['write']);
  assert.deepEqual([unlocked.keys.secrets.content, unlocked.keys.secrets.bundle], [[], []]);
  const lock = { kind: 'key-file', key: fileKey } as const;
  await assert.rejects(
    createSlot({ keys: unlocked.keys, lock, label: '', createdAt, allows: ['write', 'read'] }),
    (error) => hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT'),
  );
});

test('public keys that somebody else put into the config are seen', async () => {
  const other = createRepositoryKeys();
  const slot = await stored({ kind: 'key-file', key: fileKey });
  const unlock = { kind: 'key-file', key: fileKey } as const;
  const swapped = { ...other, repositoryId: keys.repositoryId };
  await assert.rejects(unlockRepository([decodeConfig(configOf(swapped))], [slot], unlock), isDamaged);
  const object = JSON.parse(new TextDecoder().decode(configOf(keys))) as Record<string, unknown>;
  for (const change of [
    { contentPublicKey: Buffer.alloc(32).toString('base64') },
    { createdAt: 'x' },
    { more: 1 },
  ])
    await assert.rejects(
      unlockRepository([decodeConfig(text(JSON.stringify({ ...object, ...change })))], [slot], unlock),
      isDamaged,
    );
});

test('a config or slot that is none, or of a newer version, is refused by name', async () => {
  for (const bytes of ['', '[]', 'null', '{}', '{"formatVersion":1}', '{"formatVersion":"1"}'])
    assert.throws(() => decodeConfig(text(bytes)), isDamaged, bytes);
  assert.throws(
    () => decodeConfig(text('{"formatVersion":2}')),
    (error) => hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
  );
  const slot = await stored({ kind: 'key-file', key: fileKey });
  assert.throws(() => decodeSlot(encodeSlot(slot), 'keys/0000000000000000'), isDamaged);
});

test('a slot that would take all memory is refused before it does', async () => {
  const slot = await stored({ kind: 'passphrase', passphrase: 'x', scryptN: 1024 });
  const kdf = slot.fields['kdf'] as Record<string, number>;
  for (const change of [{ n: 2 ** 40 }, { n: 1000 }, { r: 2 ** 30 }, { p: 1000 }, { n: 0 }]) {
    const greedy = { ...slot, fields: { ...slot.fields, kdf: { ...kdf, ...change } } };
    const unlock = { kind: 'passphrase', passphrase: 'x' } as const;
    await assert.rejects(unlockRepository([config], [greedy], unlock), isDamaged, JSON.stringify(change));
  }
});

test('what is not a key is refused without being shown', async () => {
  const isInvalid = (error: unknown) =>
    hasCode(error, 'REPOSITORY_KEY_INVALID') && !/secret|SECRET-KEY-1Q/.test(error.message);
  for (const content of [
    '',
    'secret',
    'holdfast-key-1:',
    'holdfast-key-1:secret',
    `${formatKeyFile(fileKey)}x`,
  ])
    assert.throws(() => parseKeyFile(content), isInvalid, content);
  assert.throws(() => parseAgeIdentities('secret'), isInvalid);
  assert.deepEqual(parseAgeIdentities(`# created\n${identity}\n`), [identity]);
  const slot = await stored({ kind: 'age', recipients: [recipient] });
  const unlock = { kind: 'age', identities: ['AGE-SECRET-KEY-1QQQ'] } as const;
  await assert.rejects(unlockRepository([config], [slot], unlock), isInvalid);
  await assert.rejects(stored({ kind: 'age', recipients: ['age1secret'] }), (error) =>
    hasCode(error, 'REPOSITORY_KEY_INVALID'),
  );
  await assert.rejects(stored({ kind: 'passphrase', passphrase: '' }), isInvalid);
});

test('the digest of a row depends on key, value and where one ends, however long it is', () => {
  const digest = rowDigests(keys.secrets.control);
  const of = (key: string, value: string) => Buffer.from(digest(text(key), text(value))).toString('hex');
  const long = 'x'.repeat(200_000);
  const all = [
    of('ab', 'c'),
    of('a', 'bc'),
    of('', 'abc'),
    of('a', long),
    of('a', `${long}x`),
    of('ab', 'c'),
  ];
  assert.equal(new Set(all).size, 5);
  assert.equal(all[0], all[5]);
  assert.notEqual(all[0], Buffer.from(rowDigests(new Uint8Array(32))(text('ab'), text('c'))).toString('hex'));
});
