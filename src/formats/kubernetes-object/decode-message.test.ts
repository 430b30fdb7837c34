import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../base/index.ts';
import { type Fields, stored } from '../../../test/support/stored-object.ts';
import { type DecodedObject, decodeObject, type ObjectValue } from './decode-object.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

function decoded(value: ObjectValue): DecodedObject {
  assert.ok(value.state === 'decoded', value.state);
  return value;
}

function decode(apiVersion: string, kind: string, fields: Fields): DecodedObject {
  return decoded(decodeObject(stored(apiVersion, kind, fields), { asStored: true }));
}

function member(object: JsonValue | undefined, ...path: (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, name) => (value as JsonObject | undefined)?.[name],
    object,
  );
}

test('a scalar that cannot be nil is left out when empty; a pointer is written', () => {
  const { object } = decode('apps/v1', 'Deployment', [
    [
      2,
      [
        [1, 0],
        [5, 0],
        [7, 0],
      ],
    ],
    [
      3,
      [
        [1, 0],
        [2, 3],
      ],
    ],
  ]);
  assert.deepEqual(object, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    // `replicas` is a pointer; `minReadySeconds` and `paused` are not.
    spec: {
      replicas: 0,
      selector: null,
      template: { metadata: {}, spec: { containers: null } },
      strategy: {},
    },
    status: { replicas: 3 },
  });
});

test('an empty message has what Go always writes', () => {
  assert.deepEqual(decode('v1', 'Event', []).object, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {},
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  });
  assert.deepEqual(decode('v1', 'Secret', []).object, { apiVersion: 'v1', kind: 'Secret', metadata: {} });
  assert.deepEqual(decode('storage.k8s.io/v1', 'CSINode', []).object['spec'], { drivers: null });
});

test('times, durations, quantities and numbers or texts have their own forms', () => {
  const lease = decode('coordination.k8s.io/v1', 'Lease', [
    [
      1,
      [
        [
          8,
          [
            [1, 1_795_327_404],
            [2, 999],
          ],
        ],
        [
          9,
          [
            [1, 0n],
            [2, 5],
          ],
        ],
      ],
    ],
    [
      2,
      [
        [3, []],
        [
          4,
          [
            [1, -1n],
            [2, 123_456_789],
          ],
        ],
      ],
    ],
  ]).object;
  assert.equal(member(lease, 'metadata', 'creationTimestamp'), '2026-11-22T06:03:24Z');
  assert.equal(member(lease, 'metadata', 'deletionTimestamp'), '1970-01-01T00:00:00Z');
  assert.equal(member(lease, 'spec', 'acquireTime'), null);
  assert.equal(member(lease, 'spec', 'renewTime'), '1969-12-31T23:59:59.123456Z');
  const pod = decode('v1', 'Pod', [
    [
      2,
      [
        [
          2,
          [
            [
              8,
              [
                [
                  1,
                  [
                    [1, 'cpu'],
                    [2, [[1, '100m']]],
                  ],
                ],
                [1, [[1, 'memory']]],
              ],
            ],
            [
              10,
              [
                [
                  1,
                  [
                    [
                      2,
                      [
                        [
                          2,
                          [
                            [1, 1],
                            [3, 'http'],
                          ],
                        ],
                      ],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
        [
          32,
          [
            [1, 'x'],
            [2, [[1, '1Gi']]],
          ],
        ],
      ],
    ],
  ]).object;
  assert.deepEqual(member(pod, 'spec', 'containers', 0, 'resources'), {
    limits: { cpu: '100m', memory: '0' },
  });
  assert.deepEqual(member(pod, 'spec', 'containers', 0, 'livenessProbe'), { httpGet: { port: 'http' } });
  assert.deepEqual(member(pod, 'spec', 'overhead'), { x: '1Gi' });
});

test('integers beyond 2^53 stay whole', () => {
  const { object } = decode('v1', 'Pod', [
    [
      1,
      [
        [7, 9_007_199_254_740_993n],
        [10, -9_007_199_254_740_993n],
      ],
    ],
  ]);
  assert.equal(member(object, 'metadata', 'generation'), 9_007_199_254_740_993n);
  assert.equal(member(object, 'metadata', 'deletionGracePeriodSeconds'), -9_007_199_254_740_993n);
  const text =
    '{"apiVersion":"a.example.com/v1","kind":"A","spec":{"n":9007199254740993,"f":1.5,"t":"9007199254740993"}}';
  assert.deepEqual(decoded(decodeObject(utf8(text))).object['spec'], {
    n: 9_007_199_254_740_993n,
    f: 1.5,
    t: '9007199254740993',
  });
});

test('bytes are base64, map entries without a value have an empty one, and any key is a member', () => {
  const { object } = decode('v1', 'Secret', [
    [
      2,
      [
        [1, 'a'],
        [2, Uint8Array.of(0, 255)],
      ],
    ],
    [2, [[1, 'empty']]],
    [
      2,
      [
        [1, '__proto__'],
        [2, 'x'],
      ],
    ],
    [2, [[2, 'y']]],
  ]);
  assert.deepEqual(Object.entries(object['data'] as JsonObject), [
    ['a', 'AP8='],
    ['empty', ''],
    ['__proto__', 'eA=='],
    ['', 'eQ=='],
  ]);
});

test('raw JSON stands where it was; what is none is kept and noted', () => {
  const fields = (raw: string): Fields => [
    [
      1,
      [
        [
          17,
          [
            [1, 'm'],
            [7, [[1, raw]]],
          ],
        ],
      ],
    ],
  ];
  const good = decode('v1', 'ConfigMap', fields('{"f:data":{}}'));
  assert.deepEqual(member(good.object, 'metadata', 'managedFields', 0), {
    manager: 'm',
    fieldsV1: { 'f:data': {} },
  });
  const bad = decode('v1', 'ConfigMap', fields('{"f:'));
  assert.equal(member(bad.object, 'metadata', 'managedFields', 0, 'fieldsV1'), null);
  assert.deepEqual(
    bad.findings.map(({ code, where }) => [code, where?.['path']]),
    [['raw-not-json', 'metadata.managedFields[0].fieldsV1']],
  );
  assert.deepEqual(bad.unknownFields, [
    { path: 'metadata.managedFields[0].fieldsV1', number: 1, wireType: 2, bytes: Buffer.from('{"f:') },
  ]);
});

test('messages that JSON writes as something else', () => {
  const definition = decode('apiextensions.k8s.io/v1', 'CustomResourceDefinition', [
    [
      2,
      [
        [
          7,
          [
            [1, 'v1'],
            [
              4,
              [
                [
                  1,
                  [
                    [24, [[1, [[5, 'string']]]]],
                    [30, [[1, 1]]],
                    [33, [[1, 0]]],
                    [
                      29,
                      [
                        [1, 'a'],
                        [
                          2,
                          [
                            [
                              30,
                              [
                                [1, 0],
                                [2, [[5, 'object']]],
                              ],
                            ],
                            [24, [[2, [[5, 'x']]]]],
                          ],
                        ],
                      ],
                    ],
                    [
                      32,
                      [
                        [1, 'd'],
                        [
                          2,
                          [
                            [2, 'a'],
                            [2, 'b'],
                          ],
                        ],
                      ],
                    ],
                    [8, [[1, '{"x":1}']]],
                    [9, utf8('')],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ]).object;
  assert.deepEqual(member(definition, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema'), {
    items: { type: 'string' },
    additionalProperties: true,
    additionalItems: false,
    properties: { a: { additionalProperties: { type: 'object' }, items: [{ type: 'x' }] } },
    dependencies: { d: ['a', 'b'] },
    default: { x: 1 },
  });
  const request = decode('certificates.k8s.io/v1', 'CertificateSigningRequest', [
    [
      2,
      [
        [
          6,
          [
            [1, 'k'],
            [
              2,
              [
                [1, 'a'],
                [1, 'b'],
              ],
            ],
          ],
        ],
        [
          6,
          [
            [1, 'none'],
            [2, []],
          ],
        ],
      ],
    ],
  ]).object;
  assert.deepEqual(member(request, 'spec', 'extra'), { k: ['a', 'b'], none: null });
});

test('inline messages belong to the object around them', () => {
  const { object } = decode('v1', 'Pod', [
    [
      2,
      [
        [
          1,
          [
            [1, 'v'],
            [
              2,
              [
                [
                  19,
                  [
                    [1, [[1, 'settings']]],
                    [4, 0],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ]);
  assert.deepEqual(member(object, 'spec', 'volumes', 0), {
    name: 'v',
    configMap: { name: 'settings', optional: false },
  });
});

test('a field that comes twice: messages are one in two halves, of scalars the last holds, also when empty', () => {
  const { object } = decode('v1', 'Pod', [
    [
      1,
      [
        [1, 'a'],
        [3, 'ns'],
      ],
    ],
    [
      1,
      [
        [1, 'b'],
        [3, ''],
      ],
    ],
    [2, [[10, 'node']]],
    [2, [[9, 's']]],
  ]);
  assert.deepEqual(object['metadata'], { name: 'b' });
  assert.deepEqual(object['spec'], { containers: null, nodeName: 'node', serviceAccount: 's' });
});

test('numbers in a list may be packed', () => {
  const packed = Uint8Array.of(1, 0x80, 0x01, 3);
  const { object } = decode('v1', 'Pod', [
    [
      2,
      [
        [
          14,
          [
            [4, packed],
            [4, 5],
          ],
        ],
      ],
    ],
  ]);
  assert.deepEqual(member(object, 'spec', 'securityContext', 'supplementalGroups'), [1, 128, 3, 5]);
});

test('fields that the table does not know are counted and kept', () => {
  const found = decode('v1', 'Pod', [
    [900, 'new'],
    [
      2,
      [
        [
          2,
          [
            [1, 'app'],
            [901, 7],
          ],
        ],
        [1, 5],
      ],
    ],
  ]);
  assert.equal(found.unknownFieldCount, 3);
  assert.deepEqual(
    found.unknownFields.map(({ path, number, wireType, bytes }) => [
      path,
      number,
      wireType,
      Buffer.from(bytes).toString('hex'),
    ]),
    [
      ['', 900, 2, '036e6577'],
      ['spec.containers[0]', 901, 0, '07'],
      // Known, but not as a number.
      ['spec', 1, 0, '05'],
    ],
  );
  const many = decode(
    'v1',
    'Pod',
    Array.from({ length: 500 }, () => [900, 1] as const),
  );
  assert.deepEqual([many.unknownFieldCount, many.unknownFields.length], [500, 100]);
});

test('a time that has no four-digit year is noted', () => {
  const found = decode('v1', 'Pod', [[1, [[8, [[1, 1n << 62n]]]]]]);
  assert.equal(member(found.object, 'metadata', 'creationTimestamp'), undefined);
  assert.deepEqual(
    found.findings.map(({ code }) => code),
    ['time-out-of-range'],
  );
});
