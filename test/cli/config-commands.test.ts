/** Settings from flags, environment and holdfast.yaml: which one counts, and what is shown of them. */
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandSurface } from '../../src/cli/index.ts';
import { secretVariables, settings } from '../../src/operations/config/index.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Shown {
  readonly file: string | null;
  readonly settings: readonly { readonly name: string; readonly value: unknown; readonly origin: string }[];
}

async function configFile(text: string) {
  const dir = await tempDir('config');
  const path = join(dir.path, 'holdfast.yaml');
  await writeFile(path, text);
  await chmod(path, 0o600);
  return { path, dir: dir.path, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

async function show(argv: readonly string[], env: Record<string, string> = {}, root?: string) {
  const run = await runHoldfast(['config', 'show', '-w', 'json', ...argv], {
    env,
    ...(root !== undefined && { root }),
  });
  assert.equal(run.exitCode, 0, run.stderr);
  const shown = JSON.parse(run.stdout) as Shown;
  const of = (name: string) => {
    const found = shown.settings.find((setting) => setting.name === name);
    return found && [found.value, found.origin];
  };
  return { of, file: shown.file, stdout: run.stdout, stderr: run.stderr };
}

test('flag before environment before file before default, for every kind and for both sorts of flags', async () => {
  const rows: readonly (readonly [
    name: string,
    flag: string,
    variable: string,
    yaml: string,
    values: unknown[],
  ])[] = [
    [
      'etcd.endpoints',
      '--endpoints=a,b',
      'ETCDCTL_ENDPOINTS',
      '[c, d]',
      [['a', 'b'], ['x'], ['c', 'd'], ['127.0.0.1:2379']],
    ],
    ['etcd.dial-timeout', '--dial-timeout=3s', 'ETCDCTL_DIAL_TIMEOUT', '5s', ['3s', '4s', '5s', '2s']],
    ['progress', '--progress=auto', 'HOLDFAST_PROGRESS', 'plain', ['auto', 'none', 'plain', 'auto']],
    ['retention.keep-daily', '--keep-daily=1', 'HOLDFAST_KEEP_DAILY', '3', [1, 2, 3, undefined]],
    ['backup.exact', '--exact=false', 'HOLDFAST_EXACT', 'true', [false, true, true, undefined]],
    ['repository.s3.region', '--s3-region=f', 'HOLDFAST_S3_REGION', 'y', ['f', 'e', 'y', undefined]],
  ];
  const inVariable: Readonly<Record<string, string>> = {
    ETCDCTL_ENDPOINTS: 'x',
    ETCDCTL_DIAL_TIMEOUT: '4s',
    HOLDFAST_PROGRESS: 'none',
    HOLDFAST_KEEP_DAILY: '2',
    HOLDFAST_EXACT: 'true',
    HOLDFAST_S3_REGION: 'e',
  };
  for (const [name, flag, variable, yaml, [byFlag, byVariable, byFile, byDefault]] of rows) {
    const keys = name.split('.');
    await using file = await configFile(
      `${keys.map((key, depth) => `${'  '.repeat(depth)}${key}:`).join('\n')} ${yaml}\n`,
    );
    const env = { [variable]: inVariable[variable]! };
    const config = `--config=${file.path}`;
    const flagName = flag.split('=')[0];
    assert.deepEqual((await show([config, flag], env)).of(name), [byFlag, flagName], name);
    assert.deepEqual((await show([config], env)).of(name), [byVariable, variable]);
    // An empty variable counts as unset.
    const fromFile = await show([config], { [variable]: '' });
    assert.deepEqual(fromFile.of(name), [byFile, `${file.path}:${keys.length}`]);
    const plain = (await show([])).of(name);
    assert.deepEqual(plain, byDefault === undefined ? undefined : [byDefault, 'default']);
  }
});

test('the file is the named one, that of the variable or that of the host, and none of the working directory', async () => {
  await using named = await configFile('progress: none\n');
  await using host = await tempDir('config-host');
  await mkdir(join(host.path, 'etc/holdfast'), { recursive: true });
  const hostFile = join(host.path, 'etc/holdfast/holdfast.yaml');
  await writeFile(hostFile, 'progress: plain\n', { mode: 0o600 });
  const env = { HOLDFAST_CONFIG: named.path };
  assert.equal((await show([], {}, host.path)).file, hostFile);
  assert.equal((await show([], env, host.path)).file, named.path);
  assert.equal((await show([`--config=${hostFile}`], env, host.path)).file, hostFile);
  assert.equal((await show(['--config='], env, host.path)).file, null);
  const missing = await runHoldfast(['config', 'show', '--config', join(host.path, 'no.yaml')]);
  assert.equal(missing.exitCode, 2);
});

test('what opens the repository is one setting: the nearest replaces the others', async () => {
  await using file = await configFile('repository:\n  passphrase-file: /p\n');
  const config = `--config=${file.path}`;
  const names = ['repository.passphrase-file', 'repository.key-file', 'repository.passphrase'];
  const opened = async (argv: readonly string[], env: Record<string, string> = {}) => {
    const { of } = await show([config, ...argv], env);
    return names.filter((name) => of(name) !== undefined);
  };
  assert.deepEqual(await opened([]), ['repository.passphrase-file']);
  assert.deepEqual(await opened(['--key-file=/k']), ['repository.key-file']);
  assert.deepEqual(await opened([], { HOLDFAST_KEY_FILE: '/k' }), ['repository.key-file']);
  assert.deepEqual(await opened([], { HOLDFAST_PASSPHRASE: 'hunter2' }), ['repository.passphrase']);
  const both = await runHoldfast(['config', 'show', '--key-file=/k', '--identity-file=/i']);
  assert.equal(both.exitCode, 2);
  assert.match(both.stderr, /--key-file and --identity-file both say what opens the repository/);
});

test('secrets are never shown', async () => {
  const { of, stdout } = await show(['--passphrase-command=echo hunter2', '--user=root:hunter2'], {
    ETCDCTL_PASSWORD: 'hunter2',
  });
  assert.deepEqual(of('repository.passphrase-command'), ['echo …', '--passphrase-command']);
  assert.deepEqual(of('etcd.user'), ['root', '--user']);
  assert.deepEqual(of('etcd.password'), [null, 'ETCDCTL_PASSWORD']);
  assert.doesNotMatch(stdout, /hunter2/);
  const plain = await runHoldfast(['config', 'show', '--origin'], {
    env: { HOLDFAST_PASSPHRASE: 'hunter2' },
  });
  assert.match(plain.stdout, /^repository\.passphrase +\(set\) +HOLDFAST_PASSPHRASE$/m);
  assert.doesNotMatch(plain.stdout, /hunter2/);
});

test('a broken file stops every command but those that help, and check names all of it', async () => {
  await using file = await configFile('progres: none\nretention:\n  keep-daily: x\n');
  const config = `--config=${file.path}`;
  const shown = await runHoldfast(['config', 'show', config]);
  assert.equal(shown.exitCode, 1);
  assert.match(
    shown.stderr,
    /holdfast\.yaml:1: progres is not a setting: did you mean progress\? \(and 1 more\)/,
  );
  assert.equal((await runHoldfast(['version', config])).exitCode, 0);
  const checked = await runHoldfast(['config', 'check', file.path]);
  assert.equal(checked.exitCode, 1);
  assert.equal(checked.stdout.trimEnd().split('\n').length, 2);
  assert.match(checked.stdout, /holdfast\.yaml:3: retention\.keep-daily has to be a whole number/);
  await writeFile(file.path, 'progress: none\n');
  const sound = await runHoldfast(['config', 'check', config]);
  assert.deepEqual([sound.exitCode, sound.stdout], [0, `${file.path}: ok, 1 settings\n`]);
});

test('a key that everybody can read is warned of by the commands', async () => {
  await using file = await configFile('');
  const key = join(file.dir, 'key.pem');
  await writeFile(key, 'x');
  await chmod(key, 0o644);
  await writeFile(file.path, `etcd:\n  key: ${key}\n`);
  const { stderr } = await show([`--config=${file.path}`]);
  assert.match(stderr, /holdfast\.yaml:2: etcd\.key names .*key\.pem, which everybody can read/);
});

test('the table of settings and the flags say the same', () => {
  const kinds = {
    text: 'string',
    path: 'string',
    boolean: 'boolean',
    integer: 'integer',
    duration: 'duration',
    list: 'list',
  };
  type Specs = NonNullable<(typeof commandSurface.commands)[number]['flags']>;
  const surfaces: readonly Specs[] = [
    commandSurface.globalFlags,
    ...commandSurface.commands.map(({ flags = {} }) => flags),
  ];
  const flags = new Map<string, { name: string; spec: Specs[string] }>();
  for (const specs of surfaces)
    for (const [name, spec] of Object.entries(specs))
      if (spec.setting !== undefined) flags.set(spec.setting, { name, spec });
  assert.deepEqual([...flags.keys()].toSorted(), settings.map(({ path }) => path).toSorted());
  for (const { path, kind, flag, variable, choices, alternatives } of settings) {
    const { name, spec } = flags.get(path)!;
    const given = spec.variable ?? `ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`;
    assert.deepEqual(
      [name, spec.kind, given, 'choices' in spec ? spec.choices : undefined],
      [flag, kinds[kind], variable, choices],
      path,
    );
    if (alternatives === undefined) continue;
    const secret = secretVariables.find((row) => row.alternatives === alternatives)!;
    assert.deepEqual(spec.alternatives, { what: alternatives, secretVariable: secret.variable });
  }
});
