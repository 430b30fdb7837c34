import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import { etcdConfigFile, parseFlags, readEtcdSettings } from './index.ts';

test('every form of a flag is read, and the last of a name wins', () => {
  const flags = parseFlags([
    'etcd',
    '--name=a',
    '-data-dir',
    '/d',
    '--experimental_x=1',
    '--debug',
    '--empty=',
    '--with=a=b',
    '--negative',
    '-1',
    '--name',
    'b',
    'stray',
    '--',
    '--after=1',
  ]);
  const values = Object.fromEntries([...flags].map(([name, { value, index }]) => [name, [value, index]]));
  assert.deepEqual(values, {
    'data-dir': ['/d', 2],
    'experimental-x': ['1', 4],
    debug: ['true', 5],
    empty: ['', 6],
    with: ['a=b', 7],
    negative: ['-1', 8],
    name: ['b', 10],
  });
  assert.deepEqual(flags.get('name')!.all, ['a', 'b']);
});

test('the line of a flag is that of its value', () => {
  const flags = parseFlags([
    { value: 'etcd', line: 4 },
    { value: '--name', line: 5 },
    { value: 'a', line: 6 },
    { value: '--data-dir=/d', line: 7 },
    { value: '--debug', line: 8 },
  ]);
  assert.deepEqual(
    [...flags.values()].map(({ line }) => line),
    [6, 7, 8],
  );
});

test("etcd's order: flags, environment, defaults", () => {
  const settings = readEtcdSettings({
    argv: ['etcd', '--name=cp1', '--listen-client-urls', 'https://[::1]:2379'],
    env: { ETCD_NAME: 'other', ETCD_DATA_DIR: { value: '/d', line: 9 }, ETCD_WAL_DIR: '', PATH: '/bin' },
  });
  assert.deepEqual(settings.get('name'), { value: 'cp1', source: 'flag', writtenAs: '--name' });
  assert.deepEqual(settings.get('data-dir'), {
    value: '/d',
    source: 'environment',
    writtenAs: 'ETCD_DATA_DIR',
    line: 9,
  });
  assert.equal(settings.get('wal-dir'), undefined);
  assert.equal(settings.get('initial-cluster')!.value, 'cp1=http://localhost:2380');
  assert.equal(readEtcdSettings({ argv: ['--name=x'] }).get('data-dir')!.value, 'x.etcd');
});

test('a config file stands alone, its TLS groups under the names of their flags', () => {
  const argv = ['etcd', '--name=ignored', '--config-file', '/etc/etcd.yaml'];
  assert.equal(etcdConfigFile({ argv })!.value, '/etc/etcd.yaml');
  assert.equal(
    etcdConfigFile({ argv: ['etcd'], env: { ETCD_CONFIG_FILE: '/e' } })!.writtenAs,
    'ETCD_CONFIG_FILE',
  );
  assert.equal(etcdConfigFile({ argv: ['etcd'] }), undefined);
  const text = `name: cp1
data-dir: /data
listen-client-urls: https://10.0.0.1:2379,https://127.0.0.1:2379
wal-dir:
client-transport-security:
  cert-file: /c.crt
  trusted-ca-file: /ca.crt
peer-transport-security:
  cert-file: /p.crt
quota-backend-bytes: 8589934592
`;
  const settings = readEtcdSettings({ argv, configFile: { text, path: '/etc/etcd.yaml' } });
  const value = (name: string) => settings.get(name)?.value;
  assert.deepEqual(
    [
      'name',
      'data-dir',
      'cert-file',
      'trusted-ca-file',
      'peer-cert-file',
      'quota-backend-bytes',
      'wal-dir',
    ].map(value),
    ['cp1', '/data', '/c.crt', '/ca.crt', '/p.crt', '8589934592', undefined],
  );
  assert.deepEqual(settings.get('peer-cert-file'), {
    value: '/p.crt',
    source: 'config-file',
    writtenAs: 'cert-file',
    line: 9,
  });
  assert.throws(
    () => readEtcdSettings({ argv, configFile: { text: '- a', path: 'e.yaml' } }),
    (error) => hasCode(error, 'CONFIG_FILE_INVALID') && error.message.startsWith('e.yaml, line 1: '),
  );
});
