import assert from 'node:assert/strict';
import test from 'node:test';
import { distributionSources, formatSource, parseDeb822Sources, parseOneLineSources } from './apt-sources.ts';

test('one-line sources: options, comments, source packages', () => {
  const text = [
    '# deb http://mirror.test/debian bookworm main',
    'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.test/debian bookworm main contrib # the mirror',
    'deb-src http://mirror.test/debian bookworm main',
    '  deb   http://other.test/x   stable   pool  ',
    'deb [trusted=yes] file:/srv/repo ./',
  ].join('\n');
  assert.deepEqual(parseOneLineSources(text), [
    {
      uris: 'http://mirror.test/debian',
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      signedBy: '/usr/share/keyrings/a.gpg',
      trusted: false,
    },
    {
      uris: 'http://other.test/x',
      suites: ['stable'],
      components: ['pool'],
      signedBy: undefined,
      trusted: false,
    },
    { uris: 'file:/srv/repo', suites: ['./'], components: [], signedBy: undefined, trusted: true },
  ]);
});

test('deb822 sources: several stanzas, comments inside, a key block, disabled ones left out', () => {
  const text = `# the release
Types: deb deb-src
# an older snapshot
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://mirror.test/off
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.test/source
Suites: bookworm
Components: main
`;
  assert.deepEqual(parseDeb822Sources(text), [
    {
      uris: 'http://mirror.test/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      signedBy: '-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----',
      trusted: false,
    },
  ]);
});

test('only the distribution itself is asked for another of its releases', () => {
  const source = (uris: string, suite: string, component: string) => ({
    uris,
    suites: [suite],
    components: [component],
    signedBy: undefined,
    trusted: false,
  });
  const all = [
    source('http://vendor.test', 'nodistro', 'main'),
    source('http://vendor.test', 'bookworm', 'stable'),
    source('http://mirror.test/debian-security', 'bookworm-security', 'main'),
    source('http://mirror.test/debian', 'bookworm', 'main'),
  ];
  assert.deepEqual(
    distributionSources(all, 'bookworm').map(({ uris }) => uris),
    ['http://mirror.test/debian'],
  );
});

test('a source is written so that it reads back, for the other suite', () => {
  const source = {
    uris: 'http://mirror.test/debian',
    suites: ['bookworm'],
    components: ['main'],
    signedBy: '-----BEGIN\n .\n abc\n -----END',
    trusted: true,
  };
  assert.deepEqual(parseDeb822Sources(formatSource(source, 'trixie')), [{ ...source, suites: ['trixie'] }]);
});
