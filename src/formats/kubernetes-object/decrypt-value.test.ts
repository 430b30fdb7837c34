import assert from 'node:assert/strict';
import { createCipheriv, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import fc from 'fast-check';
import { Random } from '../../../test/support/random.ts';
import { utf8, WireWriter } from '../../base/index.ts';
import { createDecryptor, type Decryption, type StoredValue } from './decrypt-value.ts';
import { isEncryptedValue, parseEncryptedValue } from './encrypted-value.ts';
import {
  buildEncryptionRules,
  type EncryptionConfigInput,
  type EncryptionRules,
  findEncryptionKeys,
} from './encryption-rules.ts';
import type { DataKeyRequest } from './kms-envelope.ts';

// The same in every run: one wrong key of aescbc in 65,536 makes something of a value that looks like an object.
const random = new Random(7);
const randomBytes = (sizeBytes: number) => random.bytes(sizeBytes);

type Provider = EncryptionConfigInput['resources'][number]['providers'][number];

const keys = { aescbc: randomBytes(16), aesgcm: randomBytes(24), secretbox: randomBytes(32) };
const key = '/registry/secrets/shop/token';
const plaintext = utf8('k8s\0 and then what the object is');

function provider(kind: keyof typeof keys, name: string, secret: Uint8Array = keys[kind]): Provider {
  return { kind, keys: [{ name, secret: () => secret }] };
}

function kms(apiVersion: 'v1' | 'v2', name: string): Provider {
  return {
    kind: 'kms',
    keys: [],
    kms: { apiVersion, name, endpoint: `unix:///run/${name}.sock`, timeoutMs: 3000 },
  };
}

const identity: Provider = { kind: 'identity', keys: [] };

function rulesOf(...resources: (readonly [names: string, ...providers: Provider[]])[]): EncryptionRules {
  return buildEncryptionRules({
    resources: resources.map(([names, ...providers]) => ({ resources: names.split(' '), providers })),
  });
}

function stored(prefix: string, payload: Uint8Array): StoredValue {
  return { value: Buffer.concat([utf8(prefix), payload]), key, group: '', resource: 'secrets' };
}

function sealCbc(secret: Uint8Array, text = plaintext): Uint8Array {
  const iv = randomBytes(16);
  const cipher = createCipheriv(`aes-${secret.length * 8}-cbc`, secret, iv);
  return Buffer.concat([iv, cipher.update(text), cipher.final()]);
}

function sealGcm(secret: Uint8Array): Uint8Array {
  const nonce = randomBytes(12);
  const algorithm = `aes-${secret.length * 8}-gcm` as 'aes-256-gcm';
  const cipher = createCipheriv(algorithm, secret, nonce).setAAD(utf8(key));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function sealBox(secret: Uint8Array): Uint8Array {
  const nonce = randomBytes(24);
  return Buffer.concat([nonce, xsalsa20poly1305(secret, nonce).encrypt(plaintext)]);
}

const sealed = {
  aescbc: stored('k8s:enc:aescbc:v1:one:', sealCbc(keys.aescbc)),
  aesgcm: stored('k8s:enc:aesgcm:v1:one:', sealGcm(keys.aesgcm)),
  secretbox: stored('k8s:enc:secretbox:v1:one:', sealBox(keys.secretbox)),
};

const everyProvider = rulesOf([
  'secrets',
  provider('aescbc', 'one'),
  provider('aesgcm', 'one'),
  provider('secretbox', 'one'),
  identity,
]);

function outcome(decryption: Decryption): string {
  if (decryption.state !== 'decrypted')
    return decryption.state === 'encrypted' ? decryption.reason : decryption.state;
  assert.deepEqual(Buffer.from(decryption.value), Buffer.from(plaintext));
  return 'decrypted';
}

test('the prefix names provider, version and key', () => {
  const parsed = parseEncryptedValue(utf8('k8s:enc:kms:v2:my-kms:rest:of it'))!;
  assert.deepEqual([parsed.provider, parsed.version, parsed.keyName], ['kms', 'v2', 'my-kms']);
  assert.equal(Buffer.from(parsed.payload).toString(), 'rest:of it');
  assert.equal(parseEncryptedValue(utf8('k8s:en')), undefined);
  assert.ok(!isEncryptedValue(utf8('k8s\0')));
  for (const short of ['k8s:enc:', 'k8s:enc:aescbc', 'k8s:enc:aescbc:v1:key']) {
    assert.equal(parseEncryptedValue(utf8(short))!.payload.length, 0);
  }
});

for (const [name, value] of Object.entries(sealed)) {
  test(`${name}: opens with its key and with no other`, () => {
    assert.equal(outcome(createDecryptor(everyProvider).decrypt(value)), 'decrypted');
    const kind = name as keyof typeof keys;
    const other = randomBytes(keys[kind].length);
    assert.equal(
      outcome(createDecryptor(rulesOf(['secrets', provider(kind, 'one', other)])).decrypt(value)),
      'wrong-key',
    );
    assert.equal(
      outcome(createDecryptor(rulesOf(['secrets', provider(kind, 'two')])).decrypt(value)),
      'no-key',
    );
    // While a key is being exchanged the same name may stand for both.
    const both = rulesOf(['secrets', provider(kind, 'one', other), provider(kind, 'one')]);
    assert.equal(outcome(createDecryptor(both).decrypt(value)), 'decrypted');
  });

  test(`${name}: cut short anywhere it stays encrypted`, () => {
    const decryptor = createDecryptor(everyProvider);
    for (let length = 8; length < value.value.length; length++) {
      const decryption = decryptor.decrypt({ ...value, value: value.value.subarray(0, length) });
      assert.equal(decryption.state, 'encrypted', `${length} bytes`);
    }
  });
}

test('aesgcm and secretbox: a flipped bit anywhere in the payload is noticed', () => {
  const decryptor = createDecryptor(everyProvider);
  for (const value of [sealed.aesgcm, sealed.secretbox]) {
    const start = value.value.length - parseEncryptedValue(value.value)!.payload.length;
    for (let i = start; i < value.value.length; i++) {
      const changed = value.value.slice();
      changed[i]! ^= 1;
      assert.equal(outcome(decryptor.decrypt({ ...value, value: changed })), 'wrong-key');
    }
  }
});

test('a name may have colons of its own', () => {
  const value = stored('k8s:enc:aesgcm:v1:2026:one:', sealGcm(keys.aesgcm));
  assert.equal(
    outcome(createDecryptor(rulesOf(['secrets', provider('aesgcm', '2026:one')])).decrypt(value)),
    'decrypted',
  );
  const wrong = createDecryptor(
    rulesOf(['secrets', provider('aesgcm', '2026:one', randomBytes(32))]),
  ).decrypt(value);
  assert.ok(wrong.state === 'encrypted' && wrong.encryption.keyName === '2026:one');
  assert.equal(
    outcome(createDecryptor(rulesOf(['secrets', provider('aesgcm', '2026')])).decrypt(value)),
    'wrong-key',
  );
});

test('aescbc: what only looks padded is not taken for an object', () => {
  const value = stored('k8s:enc:aescbc:v1:one:', sealCbc(keys.aescbc, utf8('not an object of the API')));
  assert.equal(outcome(createDecryptor(everyProvider).decrypt(value)), 'wrong-key');
});

test('a plain value comes back as it is, also where the rules have no identity', () => {
  const value = { ...sealed.aescbc, value: plaintext };
  const decryption = createDecryptor(rulesOf(['secrets', provider('aescbc', 'one')])).decrypt(value);
  assert.ok(decryption.state === 'plain' && decryption.value === plaintext);
});

test('rules: exact before group before all; an earlier wildcard hides; the same resource adds up', () => {
  const named = (rules: EncryptionRules, resource: string, group = '') =>
    findEncryptionKeys(rules, { group, resource })?.map((one) =>
      one.provider === 'identity' ? 'identity' : one.keyName,
    );
  const wide = rulesOf(
    ['secrets configmaps', provider('aescbc', 'a')],
    ['secrets', provider('aesgcm', 'b')],
    ['deployments.apps', provider('aescbc', 'c')],
    ['*.apps', provider('aescbc', 'd')],
    ['statefulsets.apps', provider('aescbc', 'hidden')],
    ['*.', identity],
    ['*.*', provider('secretbox', 'e')],
    ['widgets.example.com', provider('secretbox', 'hidden')],
  );
  assert.deepEqual(named(wide, 'secrets'), ['a', 'b']);
  assert.deepEqual(named(wide, 'configmaps'), ['a']);
  assert.deepEqual(named(wide, 'deployments', 'apps'), ['c']);
  assert.deepEqual(named(wide, 'statefulsets', 'apps'), ['d']);
  assert.deepEqual(named(wide, 'pods'), ['identity']);
  assert.deepEqual(named(wide, 'widgets', 'example.com'), ['e']);
  assert.equal(named(rulesOf(['secrets', identity]), 'pods'), undefined);
});

/** What a plugin does, turned round: the wrapped key is the key itself, backwards. */
function wrap(secret: Uint8Array): Uint8Array {
  return secret.toReversed();
}

function envelopeV1(data: Uint8Array, secret: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, secret.length), wrap(secret), data]);
}

function envelopeV2(data: Uint8Array, secret: Uint8Array, source: 0 | 1): Uint8Array {
  const writer = new WireWriter().bytes(1, data).string(2, 'key-id').bytes(3, wrap(secret));
  writer.message(4, new WireWriter().string(1, 'a.example.com').bytes(2, Uint8Array.of(7)));
  if (source === 1) writer.varint(5, 1);
  return writer.finish();
}

function sealSeed(seed: Uint8Array): Uint8Array {
  const info = randomBytes(32);
  const dataKey = createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest();
  return Buffer.concat([info, sealGcm(dataKey)]);
}

test('kms: the plugin is asked once for each wrapped key, and its key opens the value', async () => {
  const secret = randomBytes(32);
  const requests: DataKeyRequest[] = [];
  const decryptor = createDecryptor(rulesOf(['secrets', kms('v1', 'old'), kms('v2', 'new')]), (request) => {
    requests.push(request);
    return Promise.resolve(wrap(request.ciphertext));
  });
  const values = [
    stored('k8s:enc:kms:v1:old:', envelopeV1(sealGcm(secret), secret)),
    stored('k8s:enc:kms:v1:old:', envelopeV1(sealCbc(secret), secret)),
    stored('k8s:enc:kms:v2:new:', envelopeV2(sealGcm(secret), secret, 0)),
    stored('k8s:enc:kms:v2:new:', envelopeV2(sealSeed(secret), secret, 1)),
  ];
  assert.equal(decryptor.decrypt(values[0]!).state, 'needs-data-key');
  for (const value of values) assert.equal(outcome(await decryptor.decryptWithKms(value)), 'decrypted');
  for (const value of values) assert.equal(outcome(decryptor.decrypt(value)), 'decrypted');
  assert.deepEqual(
    requests.map(({ apiVersion, plugin, endpoint, keyId, annotations }) => [
      apiVersion,
      plugin,
      endpoint,
      keyId,
      annotations?.['a.example.com']?.[0],
    ]),
    [
      ['v1', 'old', 'unix:///run/old.sock', undefined, undefined],
      ['v2', 'new', 'unix:///run/new.sock', 'key-id', 7],
    ],
  );
});

test('kms: a plugin that refuses, or none, leaves the value encrypted and says why', async () => {
  const secret = randomBytes(32);
  const value = stored('k8s:enc:kms:v2:new:', envelopeV2(sealGcm(secret), secret, 0));
  const rules = rulesOf(['secrets', kms('v2', 'new')]);
  const refused = await createDecryptor(rules, () => Promise.reject(new Error('no such key'))).decryptWithKms(
    value,
  );
  assert.ok(refused.state === 'encrypted');
  assert.equal(
    refused.finding.message,
    'encrypted with kms v2, key "new", and the KMS plugin gave no key: no such key',
  );
  assert.equal(outcome(await createDecryptor(rules).decryptWithKms(value)), 'kms-failed');
  const wrong = createDecryptor(rules, () => Promise.resolve(randomBytes(32)));
  assert.equal(outcome(await wrong.decryptWithKms(value)), 'wrong-key');
  // A key of a size that no cipher takes.
  assert.equal(
    outcome(await createDecryptor(rules, () => Promise.resolve(randomBytes(5))).decryptWithKms(value)),
    'wrong-key',
  );
});

test('kms: of several plugins with one name each is asked once, and whoever has the key gives it', async () => {
  const secret = randomBytes(32);
  const value = stored('k8s:enc:kms:v1:old:', envelopeV1(sealGcm(secret), secret));
  const plugins = ['a', 'b', 'c'].map((name): Provider => {
    const { kms: settings, ...rest } = kms('v1', 'old');
    return { ...rest, kms: { ...settings!, endpoint: `unix:///run/${name}.sock` } };
  });
  const asked: string[] = [];
  const given: Uint8Array[] = [];
  const decryptor = createDecryptor(rulesOf(['secrets', ...plugins]), ({ endpoint, ciphertext }) => {
    asked.push(endpoint);
    if (endpoint.includes('a.sock')) return Promise.reject(new Error('not mine'));
    given.push(endpoint.includes('b.sock') ? randomBytes(32) : wrap(ciphertext));
    return Promise.resolve(given.at(-1)!);
  });
  assert.equal(outcome(await decryptor.decryptWithKms(value)), 'decrypted');
  assert.deepEqual(
    asked.map((endpoint) => endpoint.slice(-6)),
    ['a.sock', 'b.sock', 'c.sock'],
  );
  assert.ok(
    given.every((key) => key.every((byte) => byte === 0)),
    'the bytes of the answers are overwritten',
  );
  const none = createDecryptor(rulesOf(['secrets', ...plugins]), () => Promise.reject(new Error('not mine')));
  const failed = await none.decryptWithKms(value);
  assert.ok(failed.state === 'encrypted');
  assert.deepEqual([failed.reason, failed.kmsRefusal], ['kms-failed', 'not mine']);
});

test('kms: with a key for each value, the keys that were used last are kept', async () => {
  let asked = 0;
  const decryptor = createDecryptor(rulesOf(['secrets', kms('v1', 'old')]), ({ ciphertext }) => {
    asked++;
    return Promise.resolve(wrap(ciphertext));
  });
  const values = Array.from({ length: 4097 }, () => {
    const secret = randomBytes(32);
    return stored('k8s:enc:kms:v1:old:', envelopeV1(sealGcm(secret), secret));
  });
  for (const value of values) assert.equal(outcome(await decryptor.decryptWithKms(value)), 'decrypted');
  assert.equal(asked, 4097);
  await decryptor.decryptWithKms(values.at(-1)!);
  assert.equal(asked, 4097);
  await decryptor.decryptWithKms(values[0]!);
  assert.equal(asked, 4098);
});

test('kms: cut short anywhere, or any bytes at all, it stays encrypted', async () => {
  const secret = randomBytes(32);
  const rules = rulesOf(['secrets', kms('v1', 'old'), kms('v2', 'new')]);
  const decryptor = createDecryptor(rules, ({ ciphertext }) => Promise.resolve(wrap(ciphertext)));
  for (const [prefix, payload] of [
    ['k8s:enc:kms:v1:old:', envelopeV1(sealGcm(secret), secret)],
    ['k8s:enc:kms:v2:new:', envelopeV2(sealSeed(secret), secret, 1)],
  ] as const) {
    for (let length = 0; length < payload.length; length++) {
      const decryption = await decryptor.decryptWithKms(stored(prefix, payload.subarray(0, length)));
      // The last field of v2 may be missing: then the seed is taken for a key, which it is not.
      assert.equal(decryption.state, 'encrypted', `${prefix} ${length}`);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        assert.equal((await decryptor.decryptWithKms(stored(prefix, bytes))).state, 'encrypted');
      }),
    );
  }
});
