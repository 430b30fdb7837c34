import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { clusterIdOf, memberIdOf } from './member-id.ts';
import { type MembershipOptions, parseInitialCluster, planMembership } from './membership.ts';
import { parseServerUrl } from './peer-url.ts';

const defaults: MembershipOptions = {
  name: 'default',
  initialCluster: 'default=http://localhost:2380',
  clusterToken: 'etcd-cluster',
  advertisePeerUrls: 'http://localhost:2380',
};

const noDns = (host: string): Promise<string> => Promise.reject(new Error(`asked for ${host}`));

async function usage(options: Partial<MembershipOptions>, message: RegExp, resolve = noDns): Promise<void> {
  await assert.rejects(planMembership({ ...defaults, ...options }, resolve), (error: unknown) => {
    assert.ok(hasCode(error, 'USAGE'), String(error));
    assert.equal(error.exitStatus, 2);
    assert.match(error.message, message);
    return true;
  });
}

describe('ids, as real members have them', () => {
  const cases: [string, string, string, string][] = [
    ['default=http://localhost:2380', 'etcd-cluster', '8e9e05c52164694d', 'cdf818194e3a8c32'],
    [
      'm1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380',
      'etcd-cluster-1',
      'a56a23127fc24b0 8b4ce8ed1a54f7e7 b33a4c4806edab08',
      'e8d82b125df3fb94',
    ],
    ['m1=http://10.0.0.1:2380', 'etcd-cluster-1', '8b4ce8ed1a54f7e7', 'bd9450bc1c873749'],
    [
      'a=http://127.0.0.1:23911,b=http://127.0.0.1:23921,c=http://127.0.0.1:23931',
      'tk3',
      '9de7941771e2c18d ebb58af8ab319118 f0a02340b2b441c3',
      'c8ad0c934269cada',
    ],
    ['n=https://b:2380,n=https://a:2380', 'tok', 'e22ae5ec9259c307', '8fa048405e2fb111'],
  ];
  for (const [cluster, token, ids, clusterId] of cases) {
    test(cluster, () => {
      const members = [...parseInitialCluster(cluster).values()].map((urls) => memberIdOf(urls, token));
      assert.deepEqual(members.map((id) => id.toString(16)).sort(), ids.split(' ').sort());
      assert.equal(clusterIdOf(members).toString(16), clusterId);
    });
  }
});

describe('peer URLs', () => {
  test('what etcd accepts, and what it makes of it', () => {
    const cases: [string, string][] = [
      [' http://localhost:2380 ', 'http://localhost:2380'],
      ['HTTPS://Host-1.example:2380', 'https://Host-1.example:2380'],
      ['http://[::1]:2380', 'http://[::1]:2380'],
      ['unix://localhost:1234', 'unix://localhost:1234'],
      ['unix:///run/my sock', 'unix:///run/my%20sock'],
      ['unix:run/x', 'unix:run/x'],
      ['http://:2380', 'http://:2380'],
      ['http://a:', 'http://a:'],
      ['http://a:1?x=y', 'http://a:1?x=y'],
      ['http://h\u00e9:1', 'http://h%C3%A9:1'],
    ];
    for (const [input, text] of cases) assert.equal(parseServerUrl(input, '--x'), text);
  });

  test('what it does not', () => {
    const cases: [string, RegExp][] = [
      ['', /scheme must be/],
      ['localhost:2380', /scheme must be/],
      ['//localhost:2380', /scheme must be/],
      ['ftp://localhost:2380', /scheme must be/],
      ['http://localhost', /host:port/],
      ['http:localhost:2380', /host:port/],
      ['http://::1:2380', /host:port/],
      ['http://a:b', /host:port/],
      ['http://a b:1', /host:port/],
      ['unix://host:port', /host:port/],
      ['http://localhost:2380/', /must not contain a path/],
      ['http://localhost:2380/x?y', /must not contain a path/],
      ['http://local\u0001host:2380', /control character/],
    ];
    for (const [input, message] of cases) {
      assert.throws(
        () => parseServerUrl(input, '--flag'),
        (error: unknown) =>
          hasCode(error, 'USAGE') && message.test(error.message) && /^--flag: /.test(error.message),
        input,
      );
    }
  });
});

describe('the flags together', () => {
  test('members come by numeric id, self by name', async () => {
    const plan = await planMembership(
      {
        name: 'm1',
        initialCluster: 'm1=http://10.0.0.1:2380,,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380,',
        clusterToken: 'etcd-cluster-1',
        advertisePeerUrls: 'http://10.0.0.1:2380',
      },
      noDns,
    );
    assert.deepEqual(
      plan.members.map(({ name }) => name),
      ['m3', 'm1', 'm2'],
    );
    assert.equal(plan.self.name, 'm1');
    assert.equal(plan.clusterId, 0xe8d82b125df3fb94n);
  });

  test('a name that is not in the cluster', () => usage({ name: 'foo' }, /couldn't find local name "foo"/));
  test('no cluster at all', () => usage({ initialCluster: '' }, /couldn't find local name "default"/));
  test('a name without URL', () => usage({ initialCluster: 'default' }, /scheme must be/));

  test('advertised URLs that differ', async () => {
    const resolve = (host: string) => Promise.resolve(host);
    await usage(
      { initialCluster: 'default=http://localhost:2381' },
      /--initial-cluster has default=http:\/\/localhost:2381 but missing from --initial-advertise-peer-urls=http:\/\/localhost:2380$/,
      resolve,
    );
    await usage(
      { advertisePeerUrls: 'http://localhost:2380,http://localhost:2390' },
      /--initial-advertise-peer-urls has http:\/\/localhost:2390 but missing from --initial-cluster=default=http:\/\/localhost:2380$/,
    );
    await usage(
      { advertisePeerUrls: 'http://elsewhere:2380' },
      /\(names do not resolve: asked for elsewhere:2380\)$/,
    );
  });

  test('a name and its address are the same', async () => {
    const asked: string[] = [];
    const plan = await planMembership(
      { ...defaults, advertisePeerUrls: 'http://node:2380', initialCluster: 'default=http://10.1.2.3:2380' },
      (host) => {
        asked.push(host);
        return Promise.resolve('10.1.2.3:2380');
      },
    );
    assert.deepEqual(asked, ['node:2380']);
    assert.deepEqual(plan.self.peerUrls, ['http://10.1.2.3:2380']);
  });

  test('one URL for two members', () =>
    usage(
      { initialCluster: 'default=http://localhost:2380,b=http://localhost:2380' },
      /^initial cluster b=http:\/\/localhost:2380,default=http:\/\/localhost:2380 has duplicate url$/,
    ));

  test('one URL twice for one member', () =>
    usage(
      {
        initialCluster: 'default=http://localhost:2380,default=http://localhost:2380',
        advertisePeerUrls: 'http://localhost:2380,http://localhost:2380',
      },
      /has duplicate url/,
    ));
});
