import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { errorsPage, formatErrorsPage } from '../scripts/generate-reference.ts';

test('docs/reference/errors.md is what the table of codes says (npm run reference)', async () => {
  assert.equal(await readFile(errorsPage, 'utf8'), formatErrorsPage());
});
