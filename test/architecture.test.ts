import assert from 'node:assert/strict';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { checkArchitecture, explain, readSources } from './architecture/check.ts';
import { type RuleName, reasons } from './architecture/rules.ts';

const root = join(import.meta.dirname, '..');

test('the source keeps the rules of the house', async () => {
  const sources = await readSources(root);
  assert.ok(sources.has('src/base/index.ts'), 'the sources are found');
  const violations = checkArchitecture(sources);
  if (violations.length > 0) assert.fail(`\n${explain(violations)}`);
});

test('nothing outside src has a name that fits anything', async () => {
  const files = new Map<string, string>();
  for await (const name of glob('{bench,examples,scripts,test}/**/*.ts', { cwd: root })) files.set(name, '');
  assert.ok(files.size > 0);
  const violations = checkArchitecture(files);
  assert.equal(explain(violations), '');
});

type Files = Readonly<Record<string, string>>;

/** What breaks each rule, and what comes close without breaking it. */
const examples: Readonly<
  Record<RuleName, { readonly broken: readonly Files[]; readonly kept: readonly Files[] }>
> = {
  floors: {
    broken: [
      { 'src/base/a.ts': "import { x } from '../formats/index.ts';" },
      { 'src/formats/a.ts': "import { x } from '../hosts/index.ts';" },
      { 'src/etcd/a.ts': "export * from '../kubernetes/index.ts';" },
      { 'src/kms/a.ts': "import { x } from '../etcd/index.ts';" },
      { 'src/operations/save/a.ts': "const load = () => import('../../cli/index.ts');" },
      { 'src/formats/a.ts': "let x: import('../etcd/index.ts').Client;" },
      { 'src/repository/a.test.ts': "import type { X } from '../operations/index.ts';" },
      { 'src/operations/a.ts': "import { x } from '../index.ts';" },
      { 'src/newcomer/a.ts': '' },
    ],
    kept: [
      {
        'src/operations/a.ts': "import { x } from '../etcd/index.ts'; import { y } from '../base/index.ts';",
      },
      { 'src/index.ts': "export * from './operations/index.ts';" },
      { 'src/base/a.ts': "// import { x } from '../cli/index.ts'\nconst y = \"import '../cli/index.ts'\";" },
    ],
  },
  doors: {
    broken: [
      { 'src/operations/a.ts': "import { x } from '../etcd/client.ts';" },
      { 'src/operations/save/a.ts': "import { x } from '../../formats/bbolt/page.ts';" },
      { 'src/operations/save/a.ts': "import { x } from '../../formats/bbolt/inner/index.ts';" },
      { 'src/operations/recover/a.ts': "import { x } from '../restore/plan.ts';" },
      { 'src/formats/wal/a.ts': "import { x } from '../bbolt/page.ts';" },
      { 'src/cli/a.ts': "import { x } from './commands/save.ts';", 'src/cli/commands/index.ts': '' },
      { 'src/cli/output/a.ts': "import { x } from '../commands/save.ts';" },
      { 'src/cli/a.ts': "import { x } from '../etcd/gen/rpc_pb.ts';" },
      { 'src/operations/a.ts': "import { x } from '../repository/prune/index.ts';" },
    ],
    kept: [
      {
        'src/operations/recover/a.ts': "import { x } from '../restore/index.ts'; import { y } from './b.ts';",
      },
      { 'src/operations/a.ts': "import { x } from '../repository/index.ts';" },
      { 'src/cli/a.ts': "const load = () => import('../repository/retention/index.ts');" },
      { 'src/repository/check/a.ts': "import { x } from '../prune/index.ts';" },
      { 'src/operations/save/a.ts': "import { x } from '../../formats/bbolt/index.ts';" },
      { 'src/cli/commands/a.ts': "import { x } from '../session.ts';" },
      { 'src/cli/commands/a.ts': "import { x } from '../output/views/index.ts';" },
      { 'src/cli/commands/index.ts': "import { x } from './endpoint/status.ts';" },
      { 'src/etcd/api.ts': "import { x } from './gen/etcdserverpb/kv_pb.js';" },
      { 'src/etcd/gen/etcdserverpb/kv_pb.d.ts': "import { x } from '../mvccpb/kv_pb.js';" },
    ],
  },
  'formats are pure': {
    broken: [
      { 'src/formats/a.ts': "import { open } from 'node:fs/promises';" },
      { 'src/formats/a.ts': "import { connect } from 'node:net';" },
      { 'src/formats/a.ts': "import { spawn } from 'child_process';" },
      { 'src/formats/wal/a.ts': 'export const now = () => Date.now();' },
      { 'src/formats/wal/a.ts': 'export const now = () => new Date();' },
      { 'src/formats/wal/a.ts': 'setTimeout(() => {}, 1);' },
    ],
    kept: [
      {
        'src/formats/a.ts':
          "import { createHash } from 'node:crypto'; const at = (ms: number) => new Date(ms);",
      },
      { 'src/formats/a.test.ts': "import { open } from 'node:fs/promises'; Date.now();" },
      { 'src/formats/a.ts': 'export const f = (x: { process: () => void }) => x.process();' },
      { 'src/hosts/a.ts': "import { spawn } from 'node:child_process';" },
    ],
  },
  'only cli meets the user': {
    broken: [
      { 'src/etcd/a.ts': "export const endpoints = process.env['ETCDCTL_ENDPOINTS'];" },
      { 'src/operations/a.ts': 'process.exit(1);' },
      { 'src/operations/a.ts': 'process.exitCode = 1;' },
      { 'src/storage/a.ts': "console.log('x');" },
      { 'src/base/a.ts': 'const { argv } = process;' },
      { 'src/base/a.ts': "process.stdout.write('x');" },
    ],
    kept: [
      { 'src/cli/a.ts': "console.log(process.argv, process.env['HOME']); process.exit(0);" },
      { 'src/base/a.ts': 'export const name = `temp-${process.pid}`;' },
      { 'src/base/a.test.ts': "console.log('x');" },
    ],
  },
  'libraries have one home': {
    broken: [
      { 'src/operations/a.ts': "import { Command } from 'commander';" },
      { 'src/cli/a.ts': "import { Client } from '@grpc/grpc-js';" },
      { 'src/operations/a.ts': "import { createClient } from '@connectrpc/connect';" },
      { 'src/kubernetes/a.ts': "import { createClient } from '@connectrpc/connect';" },
      { 'src/operations/discover/a.ts': "import { parse } from 'yaml';" },
      { 'src/repository/a.ts': "const load = () => import('@aws-sdk/client-s3');" },
      { 'src/operations/a.ts': "import { Encrypter } from 'age-encryption';" },
    ],
    kept: [
      { 'src/cli/a.ts': "import { Command } from 'commander';" },
      { 'src/etcd/client/a.ts': "import { Client } from '@grpc/grpc-js';" },
      { 'src/kms/a.ts': "import { createGrpcTransport } from '@connectrpc/connect-node';" },
      { 'src/kubernetes/yaml/a.ts': "import { parse } from 'yaml';" },
      { 'src/storage/s3/a.ts': "const load = () => import('@aws-sdk/client-s3');" },
    ],
  },
  names: {
    broken: [
      { 'src/base/utils.ts': '' },
      { 'src/etcd/helpers/a.ts': '' },
      { 'src/base/common/a.ts': '' },
      { 'src/base/misc.test.ts': '' },
      { 'src/cli/shared/a.ts': '' },
      { 'src/base/byteReader.ts': '' },
      { 'src/base/byte_reader.ts': '' },
    ],
    kept: [
      { 'src/base/common-prefix.ts': '' },
      { 'src/etcd/gen/rpc_pb.ts': '' },
      { 'src/base/crc32c.ts': '' },
    ],
  },
  'named exports': {
    broken: [
      { 'src/base/a.ts': 'export default 1;' },
      { 'src/base/a.ts': 'export default function f() {}' },
      { 'src/base/a.ts': 'const a = 1; export { a as default };' },
    ],
    kept: [{ 'src/base/a.ts': "export { default as b } from './b.ts';" }],
  },
  'no cycles': {
    broken: [
      {
        'src/base/a.ts': "import './b.ts';",
        'src/base/b.ts': "import type { C } from './c.ts';",
        'src/base/c.ts': "export * from './a.ts';",
      },
      { 'src/base/a.ts': "import './a.ts';" },
    ],
    kept: [
      {
        'src/base/a.ts': "import './b.ts'; import './c.ts';",
        'src/base/b.ts': "import './c.ts';",
        'src/base/c.ts': '',
      },
    ],
  },
  'file length': {
    broken: [{ 'src/base/a.ts': 'export {};\n'.repeat(601) }],
    kept: [
      { 'src/base/a.ts': 'export {};\n'.repeat(600) },
      { 'src/base/checksum/crc32c-table.ts': 'export {};\n'.repeat(900) },
      { 'src/etcd/gen/rpc_pb.ts': 'export {};\n'.repeat(900) },
    ],
  },
  'tests stay out': {
    broken: [
      { 'src/base/a.ts': "import { tempDir } from '../../test/support/temp-dir.ts';" },
      { 'src/base/a.ts': "import { x } from './b.test.ts';" },
      { 'src/base/a.ts': "import test from 'node:test';" },
      { 'src/base/a.ts': "import { x } from '../../scripts/build.ts';" },
    ],
    kept: [
      { 'src/base/a.test.ts': "import { tempDir } from '../../test/support/temp-dir.ts';" },
      { 'src/cli/a.ts': "import manifest from '../../package.json' with { type: 'json' };" },
    ],
  },
};

for (const rule of Object.keys(examples) as RuleName[]) {
  for (const files of examples[rule].broken) {
    test(`rule "${rule}" is broken by ${title(files)}`, () => {
      const violations = checkArchitecture(new Map(Object.entries(files)));
      assert.deepEqual(
        [...new Set(violations.map((violation) => violation.rule))],
        [rule],
        explain(violations),
      );
      assert.ok(explain(violations).includes(reasons[rule]));
    });
  }
  for (const files of examples[rule].kept) {
    test(`rule "${rule}" is kept by ${title(files)}`, () => {
      assert.equal(explain(checkArchitecture(new Map(Object.entries(files)))), '');
    });
  }
}

test('a violation says where it is', () => {
  const text = "import { a } from './b.ts';\n\nimport { x } from '../cli/index.ts';";
  const [violation] = checkArchitecture(new Map([['src/operations/a.ts', text]]));
  assert.deepEqual(violation, {
    rule: 'floors',
    path: 'src/operations/a.ts',
    line: 3,
    what: 'operations (floor 4) imports src/cli/index.ts (floor 5)',
  });
});

function title(files: Files): string {
  return Object.entries(files)
    .map(([path, text]) => `${path} ${text.slice(0, 70).replaceAll('\n', ' ')}`.trim())
    .join(', ');
}
