import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { Auth, Cluster, KV, Lease, Maintenance, Watch } from '../api.ts';
import { unaryNames } from './service-names.ts';

test('the names of methods are those of the generated code, none missing', () => {
  const services: Record<string, DescService> = { Auth, Cluster, KV, Lease, Maintenance, Watch };
  const expected = Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const methods = Object.values<DescMethod>(service.method);
      const unary = methods.filter(({ methodKind }) => methodKind === 'unary');
      return [name, unary.map(({ localName }) => localName).sort()];
    }),
  );
  const actual = Object.fromEntries(
    Object.entries(unaryNames).map(([name, methods]) => [name, [...methods].sort()]),
  );
  assert.deepEqual(actual, expected);
});
