import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../base/index.ts';
import { displaySocket, parseSocketPath } from './socket-path.ts';

test('an endpoint is a path or an abstract name, as the API server reads it', () => {
  const known: Readonly<Record<string, string>> = {
    'unix:///run/kms.sock': '/run/kms.sock',
    'unix:/run/kms.sock': '/run/kms.sock',
    'unix://host/run/kms.sock': '/run/kms.sock',
    'unix:///run/my%20kms.sock?x=1#y': '/run/my kms.sock',
    'unix:///@kms': '\0kms',
    'unix:///run/@kms': '/run/@kms',
  };
  for (const [endpoint, path] of Object.entries(known))
    assert.equal(parseSocketPath(endpoint), path, endpoint);
  assert.equal(displaySocket('\0kms'), '@kms');
  for (const endpoint of [
    '',
    'kms.sock',
    'unix:',
    'unix:kms.sock',
    'unix:///',
    'http:///a',
    'unix:///a%00',
    'unix:///%',
  ])
    assert.throws(
      () => parseSocketPath(endpoint),
      (error) => hasCode(error, 'KMS_UNREACHABLE'),
      endpoint,
    );
});
