import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { hasCode } from '../../base/index.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import {
  buildConfigSchema,
  type JsonSchema,
  parseByteSize,
  parseConfig,
  readConfigFile,
  requireSound,
} from './index.ts';
import { nearestName } from './nearest-name.ts';

const good = `
repository:
  location: s3://backups/prod
  passphrase-file: /etc/holdfast/passphrase
  upload-limit: 20MiB
  s3: {endpoint: "https://minio.example:9000", path-style: true}
etcd:
  endpoints: [https://10.0.0.1:2379, https://10.0.0.2:2379]
  dial-timeout: 1m30s
retention:
  keep-daily: 7
  keep-within: 1y6mo
  time-zone: Europe/Berlin
backup:
progress: plain
`;

test('every value has its kind and its line', () => {
  const { values, findings } = parseConfig(good, 'f');
  assert.deepEqual(findings, []);
  assert.deepEqual(Object.fromEntries([...values].map(([path, { value, line }]) => [path, [value, line]])), {
    'repository.location': ['s3://backups/prod', 3],
    'repository.passphrase-file': ['/etc/holdfast/passphrase', 4],
    'repository.upload-limit': ['20MiB', 5],
    'repository.s3.endpoint': ['https://minio.example:9000', 6],
    'repository.s3.path-style': [true, 6],
    'etcd.endpoints': [['https://10.0.0.1:2379', 'https://10.0.0.2:2379'], 8],
    'etcd.dial-timeout': [90_000, 9],
    'retention.keep-daily': [7n, 11],
    'retention.keep-within': ['1y6mo', 12],
    'retention.time-zone': ['Europe/Berlin', 13],
    progress: ['plain', 15],
  });
  assert.deepEqual(parseConfig('# all of it\n  # is commented out\n\n', 'f').values.size, 0);
});

/** What is wrong, how it is told, and whether the schema can say it too. */
const bad: readonly (readonly [text: string, message: string, inSchema: boolean])[] = [
  [
    'retention:\n  keep-dayly: 7\n',
    'f:2: retention.keep-dayly is not a setting: did you mean keep-daily?',
    true,
  ],
  [
    'retention:\n  keepDaily: 7\n',
    'f:2: retention.keepDaily is not a setting: did you mean keep-daily?',
    true,
  ],
  ['keep-daily: 7\n', 'f:1: keep-daily is not a setting: did you mean retention.keep-daily?', true],
  [
    'zzz: 7\n',
    'f:1: zzz is not a setting: known are repository, etcd, retention, backup, progress, log-file',
    true,
  ],
  [
    'retention:\n\n  keep-daily: seven\n',
    'f:3: retention.keep-daily has to be a whole number, not negative',
    true,
  ],
  [
    'retention:\n  keep-daily: "7"\n',
    'f:2: retention.keep-daily has to be a whole number, without quotes',
    true,
  ],
  [
    'retention:\n  keep-daily: -1\n',
    'f:2: retention.keep-daily has to be a whole number, not negative',
    true,
  ],
  [
    'retention:\n  keep-within: 6m\n',
    'f:2: retention.keep-within has to be a span such as 36h, 30d, 12w, 6mo or 1y',
    true,
  ],
  [
    'retention:\n  time-zone: Mars\n',
    'f:2: retention.time-zone has to be a time zone such as Europe/Berlin',
    false,
  ],
  ['backup:\n  exact: yes\n', 'f:2: backup.exact has to be true or false', true],
  ['backup:\n  exact: [true]\n', 'f:2: backup.exact has to be true or false, and is a list', true],
  ['backup: true\n', 'f:1: backup has to be a mapping', true],
  ['- a\n', 'f:1: the file has to be a mapping: settings with a colon', true],
  [
    'etcd:\n  dial-timeout: 5 s\n',
    'f:2: etcd.dial-timeout has to be a number with a unit, such as 5s or 1m30s',
    true,
  ],
  ['etcd:\n  endpoints: []\n', 'f:2: etcd.endpoints has to be a list of texts, none of them empty', true],
  ['etcd:\n  key: pki/key.pem\n', 'f:2: etcd.key has to be an absolute path', true],
  ['etcd:\n  user: root:hunter2\n', 'f:2: etcd.user has to be the name alone', true],
  ['log-file:\n', 'f:1: log-file has no value: leave the line out, or give one', true],
  ['progress: loud\n', 'f:1: progress has to be one of auto, plain, none', true],
  ['progress: none\nprogress: auto\n', 'f:2: progress is there twice', false],
  [
    'repository:\n  key-file: /a\n  passphrase-file: /b\n',
    'f:2: repository.passphrase-file and repository.key-file both say what opens the repository',
    false,
  ],
];

for (const [text, message, inSchema] of bad)
  test(`refused: ${message}`, () => {
    const { findings } = parseConfig(text, 'f');
    assert.deepEqual(
      findings.map((finding) => finding.message),
      [message],
    );
    const isRepeated = findings[0]!.code === 'config-repeated-key';
    const document: unknown = parse(text, { uniqueKeys: !isRepeated });
    assert.equal(!fits(document, buildConfigSchema()), inSchema, 'as the schema has it');
  });

test('the schema takes what is right', () => {
  assert.ok(fits(parse(good), buildConfigSchema()));
  assert.ok(fits(parse('etcd: {endpoints: "a,b", command-timeout: 0}'), buildConfigSchema()));
});

test('secrets are refused with advice, and never quoted', () => {
  const text =
    'repository:\n  passphrase: hunter2\n  s3:\n    secret-access-key: hunter2\netcd: {password: hunter2}\n';
  const { findings } = parseConfig(text, 'f');
  assert.deepEqual(
    findings.map(({ message }) => message.split(';')[0]),
    [
      'f:2: repository.passphrase is not read from here',
      'f:4: repository.s3.secret-access-key is not read from here',
      'f:5: etcd.password is not read from here',
    ],
  );
  assert.match(findings[0]!.message, /passphrase-file.*HOLDFAST_PASSPHRASE$/);
  assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
});

test('what is no YAML is told with file and line', () => {
  assert.throws(
    () => parseConfig('a: b\nc: "open\n', '/etc/f'),
    (error) =>
      hasCode(error, 'CONFIG_FILE_INVALID') && /^\/etc\/f:\d+: not valid YAML: a quote/.test(error.message),
  );
});

test('a file that others can write is not used, and a secret that others can read is warned of', async () => {
  await using dir = await tempDir('config');
  const path = join(dir.path, 'holdfast.yaml');
  const secret = join(dir.path, 'passphrase');
  await writeFile(secret, 'x');
  await chmod(secret, 0o644);
  await writeFile(path, `repository:\n  passphrase-file: ${secret}\n`);
  await chmod(path, 0o644);
  const uid = process.getuid!();
  const warned = await readConfigFile({ path, uid });
  assert.deepEqual(
    warned.findings.map(({ severity, message }) => [severity, message]),
    [
      [
        'warn',
        `${path}:2: repository.passphrase-file names ${secret}, which everybody can read: take that away with chmod o-r`,
      ],
    ],
  );
  requireSound(warned);
  await chmod(secret, 0o600);
  assert.deepEqual((await readConfigFile({ path, uid })).findings, []);
  await chmod(path, 0o666);
  const unsafe = await readConfigFile({ path, uid });
  assert.throws(
    () => requireSound(unsafe),
    (error) =>
      hasCode(error, 'CONFIG_FILE_INVALID') && error.message.includes('everybody can write this file'),
  );
  await chmod(path, 0o644);
  if (uid !== 0) return;
  // Root's own files are trusted by all, another's only by that one.
  assert.deepEqual((await readConfigFile({ path, uid: 1234 })).findings, []);
});

test('names are found by what people mistype', () => {
  const known = ['keep-daily', 'keep-last', 'path-style', 'location'];
  for (const [name, meant] of [
    ['keep-dialy', 'keep-daily'],
    ['path_style', 'path-style'],
    ['PathStyle', 'path-style'],
    ['locations', 'location'],
    ['retention', undefined],
    ['x'.repeat(100_000), undefined],
  ] as const)
    assert.equal(nearestName(name, known), meant);
});

test('sizes have a unit', () => {
  assert.deepEqual(['10MiB', '5kB', '1B', '10', '1.5MB', 'MB', ''].map(parseByteSize), [
    10 << 20,
    5000,
    1,
    ...Array<undefined>(4).fill(undefined),
  ]);
});

/** As much of JSON Schema as ours uses, said once more. */
function fits(value: unknown, schema: JsonSchema): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => fits(value, one));
  const types = [schema.type ?? []].flat();
  if (!types.some((type) => isOfType(value, type))) return false;
  if (typeof value === 'string')
    return (
      (schema.enum?.includes(value) ?? true) &&
      (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value)) &&
      value.length >= (schema.minLength ?? 0)
    );
  if (typeof value === 'number') return value >= (schema.minimum ?? value);
  if (Array.isArray(value))
    return value.length >= (schema.minItems ?? 0) && value.every((item) => fits(item, schema.items!));
  if (typeof value !== 'object' || value === null) return true;
  assert.equal(schema.additionalProperties, false);
  return Object.entries(value).every(([name, item]) => {
    const known = schema.properties?.[name];
    return known !== undefined && fits(item, known);
  });
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type && value !== null && !Array.isArray(value);
}
