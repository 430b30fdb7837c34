import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waysOf } from './release-ways.ts';

test('a server has the ways of the release that it says it is', () => {
  const waysAs = (server: string): unknown[] =>
    Object.values(waysOf({ server, cluster: server, storage: undefined }));
  // The root's permissions told, leases told with keys only, a missing lease before a missing key.
  assert.deepEqual(waysAs('3.5.30'), [false, true, false]);
  assert.deepEqual(waysAs('3.6.16'), [true, true, false]);
  for (const newer of ['3.7.3', '3.10.0', '4.0.1'])
    assert.deepEqual(waysAs(newer), [true, false, true], newer);
});
