import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { configPage, formatConfigPage } from '../scripts/config-page.ts';
import {
  configSchema,
  errorsPage,
  formatConfigSchema,
  formatErrorsPage,
} from '../scripts/generate-reference.ts';
import { formatKindsPage, kindsPage } from '../scripts/kubernetes-kinds/kinds-page.ts';
import { storedResources } from '../src/formats/kubernetes-object/index.ts';

test('docs/reference/errors.md is what the table of codes says (npm run reference)', async () => {
  assert.equal(await readFile(errorsPage, 'utf8'), formatErrorsPage());
});

test('configuration.md and holdfast.schema.json are what the table of settings says (npm run reference)', async () => {
  assert.equal(await readFile(configPage, 'utf8'), formatConfigPage());
  assert.equal(await readFile(configSchema, 'utf8'), formatConfigSchema());
});

test('docs/reference/kubernetes-kinds.md is what the tables of kinds and resources say (npm run reference)', async () => {
  assert.equal(await readFile(kindsPage, 'utf8'), await formatKindsPage());
});

test('every built-in resource of the release is decoded in some version', async () => {
  const page = await formatKindsPage();
  const decoded = new Set([...page.matchAll(/^\| \S+ \| (\w+) \| v/gm)].map(([, kind]) => kind));
  // Gone from Kubernetes before this release, tables and all.
  const gone = ['PodSecurityPolicy', 'PodSchedulingContext', 'PodPreset'];
  const missing = storedResources.filter(({ origin, kind }) => origin !== 'openshift' && !decoded.has(kind));
  assert.deepEqual(missing.map(({ kind }) => kind).toSorted(), gone.toSorted());
});
