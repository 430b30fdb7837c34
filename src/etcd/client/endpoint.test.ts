import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { parseEndpoint } from './endpoint.ts';

describe('parseEndpoint', () => {
  const cases: readonly [
    text: string,
    tlsGiven: boolean,
    security: string,
    host: string,
    port: number,
    origin: string,
  ][] = [
    ['127.0.0.1:2379', false, 'plaintext', '127.0.0.1', 2379, 'http://127.0.0.1:2379'],
    ['127.0.0.1:2379', true, 'tls', '127.0.0.1', 2379, 'https://127.0.0.1:2379'],
    ['http://a.example:1', true, 'plaintext', 'a.example', 1, 'http://a.example:1'],
    ['https://a.example:1', false, 'tls', 'a.example', 1, 'https://a.example:1'],
    ['HTTPS://a.example:443/', false, 'tls', 'a.example', 443, 'https://a.example'],
    ['http://a.example:80', false, 'plaintext', 'a.example', 80, 'http://a.example'],
    ['a.example', false, 'plaintext', 'a.example', 2379, 'http://a.example:2379'],
    ['https://[::1]:2379', false, 'tls', '::1', 2379, 'https://[::1]:2379'],
    ['[fe80::1]:2379', false, 'plaintext', 'fe80::1', 2379, 'http://[fe80::1]:2379'],
  ];
  for (const [text, tlsGiven, security, host, port, origin] of cases) {
    test(`${text}, TLS options ${tlsGiven ? '' : 'not '}given`, () => {
      assert.deepEqual(parseEndpoint(text, tlsGiven), { text, security, host, port, origin });
    });
  }

  test('spaces around an endpoint do not count', () => {
    assert.equal(parseEndpoint(' a:1 ', false).text, 'a:1');
  });

  test('unix sockets, with and without TLS', () => {
    const plain = parseEndpoint('unix:///run/etcd.sock', true);
    assert.equal(plain.socketPath, '/run/etcd.sock');
    assert.equal(plain.security, 'plaintext');
    assert.equal(parseEndpoint('unixs:///run/etcd.sock', false).security, 'tls');
  });

  for (const text of [
    '',
    'http://',
    'ftp://a:1',
    'a:b',
    'a:99999',
    'a:0',
    'http://user@a:1',
    'unix://',
    ':2379',
  ]) {
    test(`"${text}" is refused`, () => {
      assert.throws(
        () => parseEndpoint(text, false),
        (error) => hasCode(error, 'USAGE') && error.message.includes(`"${text}"`),
      );
    });
  }
});
