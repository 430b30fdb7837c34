/** Differences between two snapshots of a real cluster, beside the record that was made of the API server's own output. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { formatStorageKey } from '../../src/formats/kubernetes-object/index.ts';
import {
  diffObjects,
  type DiffSummary,
  type ObjectDifference,
} from '../../src/operations/objects/diff/index.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { tempDir } from '../support/temp-dir.ts';

const recordPath = join(
  import.meta.dirname,
  '..',
  '..',
  'testdata',
  'kubernetes',
  'diff-shop-to-shop-edited.txt',
);

interface Difference extends DiffSummary {
  readonly objects: readonly ObjectDifference[];
}

async function diffSamples(ignoreNoise: boolean): Promise<Difference> {
  await using dir = await tempDir('diff-samples');
  const before = await unpackSample('shop-3.6', dir.path);
  const after = await unpackSample('shop-edited-3.6', dir.path);
  const objects: ObjectDifference[] = [];
  const summary = await diffObjects(
    {
      before: { source: before },
      after: { source: after },
      selection: { allNamespaces: true },
      ignoreNoise,
      ignoreStatus: false,
      onDifference: (difference) => objects.push(difference),
    },
    operationContext(),
  );
  return { ...summary, objects };
}

/** A section of the record: its lines, without the mark of noise. */
async function recorded(section: string): Promise<string[]> {
  const text = await readFile(recordPath, 'utf8');
  const [, found] = text.split(new RegExp(`^## ${section}[^\\n]*\\n`, 'm'));
  assert.ok(found !== undefined, section);
  return found
    .split(/^## /m)[0]!
    .split('\n')
    .filter((line) => line.trim() !== '');
}

const withoutMark = (line: string) => line.replace(/^noise/, '').trim();

/** The object as the record's `CHANGED` section has it, with the fields below it. */
function changedLines({ group, kind, namespace = '', name, fields }: ObjectDifference): string[] {
  const signs = { added: '+', removed: '-', changed: '~' };
  const lines = fields
    .filter(({ path }) => !/^metadata\.(managedFields|resourceVersion)/.test(path.join('.')))
    .map(({ change, path }) => {
      const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
      return `       ${signs[change]}${parts.join('')}`;
    });
  return [`   ${group === '' ? 'core' : group} ${kind} ${namespace} ${name}`, ...lines.sort()];
}

/** Storage keys of objects, as the record names them. */
function keysOf(objects: readonly ObjectDifference[], change: string): string[] {
  return objects
    .filter((each) => each.change === change)
    .map((each) => formatStorageKey(each))
    .sort();
}

test('with noise, exactly what is recorded is found, object by object and field by field', async (t) => {
  const { objects, added, removed, changed, unread } = await diffSamples(false);
  assert.deepEqual(keysOf(objects, 'added'), (await recorded('ADDED')).map(withoutMark).sort());
  assert.deepEqual(keysOf(objects, 'removed'), (await recorded('REMOVED')).map(withoutMark).sort());
  const lines = objects
    .filter(({ change }) => change === 'changed')
    .map((object) => changedLines(object).join('\n'))
    .sort();
  const expected = (await recorded('CHANGED')).join('\n').split(/\n(?= {3}\S)/);
  assert.deepEqual(lines, expected.sort());
  assert.deepEqual([added, removed, changed, unread], [17, 247, 25, 0]);
  t.diagnostic(`${added} added, ${removed} removed, ${changed} changed, as recorded`);
});

test('without noise, nothing is missing but events and renewed leases', async () => {
  const { objects, changed, onlyNoise } = await diffSamples(true);
  const quiet = (lines: readonly string[]) =>
    lines
      .filter((line) => !line.startsWith('noise'))
      .map(withoutMark)
      .sort();
  assert.deepEqual(keysOf(objects, 'added'), quiet(await recorded('ADDED')));
  assert.deepEqual(keysOf(objects, 'removed'), quiet(await recorded('REMOVED')));
  assert.equal(changed, 25 - 6 - 4, 'events and leases');
  assert.equal(onlyNoise, 11 + 127 + 1 + 6 + 4);
});
