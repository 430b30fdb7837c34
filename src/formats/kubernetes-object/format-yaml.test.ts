import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { formatKubernetesYaml } from './format-yaml.ts';
import type { JsonValue } from './json-value.ts';

const read = (text: string, version: '1.1' | '1.2'): unknown =>
  parse(text, { version, merge: version === '1.1', intAsBigInt: false });

test('a document as kubectl prints it', () => {
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a', labels: {}, finalizers: [] },
    data: { 'a.conf': 'one\ntwo\n', cut: 'one\ntwo', on: 'yes', port: '8080', since: '2024-01-02T03:04:05Z' },
    items: [{ name: 'x', args: ['--flag=1', '-', '*'] }, [[1, 2n ** 63n], []], null],
  };
  assert.equal(
    formatKubernetesYaml(object),
    `apiVersion: v1
data:
  a.conf: |
    one
    two
  cut: |-
    one
    two
  "on": "yes"
  port: "8080"
  since: "2024-01-02T03:04:05Z"
items:
- args:
  - --flag=1
  - '-'
  - '*'
  name: x
- - - 1
    - 9223372036854775808
  - []
- null
kind: ConfigMap
metadata:
  finalizers: []
  labels: {}
  name: a
`,
  );
});

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom(...Array.from(' \n\t:#-?\'"[]{}|>&*!%@`,~.=<0179xoeT+_yn\r\u0085\u2028\ufeff')),
    maxLength: 8,
  }),
  fc.constantFrom(
    'null',
    'e7',
    'Yes',
    '1e3',
    '0o7',
    '1:30',
    '<<',
    '---',
    '...',
    '.inf',
    '2024-01-01',
    'x'.repeat(1500),
  ),
);

const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    oddText,
    fc.constantFrom<JsonValue>(null, true, false, 0, -1.5, 1e21, [], {}),
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(oddText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('whatever is written reads back, by the rules of YAML 1.1 and of 1.2', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const text = formatKubernetesYaml(value);
      assert.deepEqual(read(text, '1.2'), value, text);
      assert.deepEqual(read(text, '1.1'), value, text);
    }),
    { numRuns: 2000 },
  );
});
