import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayText } from '../../src/base/index.ts';
import {
  buildEncryptionRules,
  createDecryptor,
  type Decryption,
  decodeObject,
  type Decryptor,
  parseStorageKey,
} from '../../src/formats/kubernetes-object/index.ts';
import { parseEncryptionConfig } from '../../src/kubernetes/index.ts';
import { sampleFile } from '../support/kubernetes-samples.ts';
import { objectId, readLive, readServed } from './sample-objects.ts';

const sample = 'enc-mixed-3.6';
const configText = displayText(await sampleFile(sample, 'encryption.yaml'));
const live = await readLive(sample);
const served = await readServed(sample);

function decryptorOf(text: string): Decryptor {
  return createDecryptor(buildEncryptionRules(parseEncryptionConfig(text, 'encryption.yaml')));
}

/** Decrypts everything; checks whatever could be read against the API server; returns what became of each. */
function readAll(decryptor: Decryptor): Map<string, Decryption> {
  const outcomes = new Map<string, Decryption>();
  for (const [key, { value, modRevision }] of live) {
    const place = parseStorageKey(key);
    if (place === undefined) continue;
    const outcome = decryptor.decrypt({ value, key, ...place });
    outcomes.set(key, outcome);
    if (outcome.state !== 'plain' && outcome.state !== 'decrypted') continue;
    const decoded = decodeObject(outcome.value, { modRevision });
    assert.ok(decoded.state === 'decoded', key);
    const theirs = served.get(objectId(place));
    if (theirs !== undefined) assert.deepEqual(decoded.object, theirs, key);
  }
  return outcomes;
}

function count(outcomes: ReadonlyMap<string, Decryption>): Record<string, number> {
  const names = [...outcomes.values()].map((outcome) => {
    if (outcome.state === 'decrypted') return `${outcome.provider} ${outcome.keyName}`;
    return outcome.state === 'encrypted' ? `${outcome.reason} ${outcome.encryption.keyName}` : outcome.state;
  });
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]).toSorted(),
  ) as Record<string, number>;
}

test('with its own configuration every encrypted object is what the API server served', (t) => {
  const counts = count(readAll(decryptorOf(configText)));
  assert.deepEqual(counts, { 'aescbc key1': 30, 'aesgcm keyg': 52, plain: 2480, 'secretbox key2': 23 });
  t.diagnostic(JSON.stringify(counts));
});

const otherKey = Buffer.alloc(32, 7).toString('base64');
const keyInText = /secret: (\S+)/g;

test('with other keys of the same names everything encrypted is listed with the key it wants', () => {
  const counts = count(readAll(decryptorOf(configText.replace(keyInText, `secret: ${otherKey}`))));
  assert.deepEqual(counts, { plain: 2480, 'wrong-key key1': 30, 'wrong-key key2': 23, 'wrong-key keyg': 52 });
});

test('with keys of other names, and without any, likewise', () => {
  const wanted = { 'no-key key1': 30, 'no-key key2': 23, 'no-key keyg': 52, plain: 2480 };
  assert.deepEqual(count(readAll(decryptorOf(configText.replaceAll('name: key', 'name: another')))), wanted);
  assert.deepEqual(count(readAll(createDecryptor(undefined))), wanted);
});

test('with a configuration of other resources only those are read', () => {
  const counts = count(readAll(decryptorOf(configText.replace('configmaps, ', ''))));
  assert.deepEqual(counts, {
    'aescbc key1': 30,
    'aesgcm keyg': 34,
    'no-key keyg': 18,
    plain: 2480,
    'secretbox key2': 23,
  });
});

test('a value moved to another key does not open: aesgcm binds it to its own', () => {
  const decryptor = decryptorOf(configText);
  const entries = [...live].filter(
    ([, { value }]) => displayText(value.subarray(0, 14)) === 'k8s:enc:aesgcm',
  );
  for (const [key, { value }] of entries) {
    const place = parseStorageKey(key)!;
    const moved = decryptor.decrypt({ value, ...place, key: `${key}x` });
    assert.ok(moved.state === 'encrypted' && moved.reason === 'wrong-key');
  }
  assert.equal(entries.length, 52);
});

test('no finding, and no printed rule, has a key in it', () => {
  const secrets = [...configText.matchAll(keyInText)].map(([, secret]) => secret!);
  const rules = buildEncryptionRules(parseEncryptionConfig(configText, 'encryption.yaml'));
  const wrong = readAll(decryptorOf(configText.replace(keyInText, `secret: ${otherKey}`)));
  const findings = [...wrong.values()].flatMap((one) => (one.state === 'encrypted' ? [one.finding] : []));
  const printed = JSON.stringify([findings, [...rules]]);
  for (const secret of [...secrets, otherKey]) assert.ok(!printed.includes(secret));
  assert.match(findings[0]!.message, /^encrypted with \w+ v1, key "key\w", and the key of that name/);
});
