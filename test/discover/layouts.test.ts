/** Every laid-out host gives the right answer or the right refusal. Each case says in its README what it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHoldfastError, operationContext } from '../../src/base/index.ts';
import { discover, type Discovery } from '../../src/operations/discover/index.ts';
import { hostFixtureNames, openHostFixture } from '../support/host-fixture.ts';

interface ExpectedError {
  readonly code: string;
  readonly mentions: readonly string[];
}

interface Expected {
  readonly error?: ExpectedError;
  /** Paths of facts that must not be there. */
  readonly absent?: readonly string[];
  /** Codes of findings, besides which there are none that fail. */
  readonly findings?: readonly string[];
  readonly staticPods?: readonly { readonly file: string; readonly role: string }[];
  readonly [fact: string]: unknown;
}

for (const name of await hostFixtureNames())
  test(`a host: ${name}`, async () => {
    await using fixture = await openHostFixture(name);
    const { error, absent = [], findings = [], staticPods = [], ...facts } = fixture.expected as Expected;
    const context = operationContext();
    if (error !== undefined) {
      await assert.rejects(discover({ root: fixture.root, offline: true }, context), refusal(error));
      return;
    }
    const discovery = await discover({ root: fixture.root, offline: true }, context);
    expectPart(discovery, facts, '');
    for (const path of absent) assert.equal(factAt(discovery, path), undefined, path);
    for (const expected of staticPods)
      assert.equal(discovery.staticPods.find(({ file }) => file === expected.file)?.role, expected.role);
    for (const code of findings)
      assert.ok(
        discovery.findings.some((finding) => finding.code === code),
        code,
      );
    const told = discovery.findings.filter(({ severity }) => severity !== 'ok');
    // The key of the service accounts and the like are no business of etcd's: nothing else is amiss in these hosts.
    assert.deepEqual(told, []);
    expectEvidence(discovery);
  });

test('the issue asks for fifteen layouts at least', async () => {
  assert.ok((await hostFixtureNames()).length >= 15);
});

function refusal({ code, mentions }: ExpectedError) {
  return (thrown: unknown) => {
    assert.ok(isHoldfastError(thrown), String(thrown));
    assert.equal(thrown.code, code);
    assert.equal(thrown.exitStatus, 4);
    for (const text of mentions) assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  };
}

/** Everything that is expected is there; what is not mentioned is free. */
function expectPart(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is missing`);
    for (const [key, value] of Object.entries(expected))
      expectPart((actual as Record<string, unknown>)[key], value, path === '' ? key : `${path}.${key}`);
    return;
  }
  assert.deepEqual(typeof actual === 'bigint' ? actual.toString() : actual, expected, path);
}

/** What a script relies on has its evidence beside it. */
function expectEvidence(discovery: Discovery): void {
  for (const path of [
    'manifestsDir',
    'etcd.manifest',
    'etcd.endpoints',
    'etcd.caFile',
    'etcd.certFile',
    'etcd.keyFile',
    'etcd.dataDir',
  ])
    if (factAt(discovery, path) !== undefined) assert.ok(discovery.evidence[path], `no evidence for ${path}`);
}

function factAt(discovery: Discovery, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], discovery);
}
