import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../../../../test/support/free-ports.ts';
import { operationContext } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';
import { handworkFact, noteHandwork } from './handwork.ts';

test('an API server that does not tell what is left to do undoes no recovery', async () => {
  const url = `https://127.0.0.1:${await freePort()}`;
  const facts = new Map<string, unknown>();
  const warnings: string[] = [];
  const kubeconfig = [
    'apiVersion: v1',
    'kind: Config',
    'current-context: a',
    'contexts: [{name: a, context: {cluster: a, user: a}}]',
    `clusters: [{name: a, cluster: {server: "${url}"}}]`,
    'users: [{name: a, user: {token: t}}]',
  ].join('\n');
  const work = {
    host: { host: 'cp1', apiServer: { url, etcdPrefix: '/registry', kubeconfig: '/etc/admin.conf' } },
    machine: { readText: () => Promise.resolve(kubeconfig) },
    journal: { recordFact: (name: string, value: unknown) => Promise.resolve(facts.set(name, value)) },
    ctx: operationContext({
      log: { debug() {}, info() {}, warn: (_, fields) => warnings.push(String(fields?.['reason'])) },
    }),
  } as unknown as StepWork;
  await noteHandwork(work);
  assert.match(String(facts.get(handworkFact)), /certificate requests .* did not list them/);
  assert.match(warnings.join(), new RegExp(`127.0.0.1:${new URL(url).port}`));
});
