/** What is extracted from the samples, put before the real kubectl. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { operationContext } from '../../src/base/index.ts';
import { extractObjects, openExtractDirectory } from '../../src/operations/objects/extract/index.ts';
import { type ServedKind, startApiDiscovery } from '../support/api-discovery.ts';
import { kubernetesSamples, unpackSample } from '../support/kubernetes-samples.ts';
import { runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { requireKubectl } from './kubectl.ts';

const plainSamples = kubernetesSamples.filter((sample) => !sample.startsWith('enc'));

interface Extracted {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

for (const sample of plainSamples) {
  test(`every object of ${sample} is taken by kubectl apply --dry-run=client`, async (t) => {
    const kubectl = await requireKubectl(t);
    if (kubectl === undefined) return;
    await using dir = await tempDir('kubectl');
    const source = await unpackSample(sample, dir.path);
    const out = join(dir.path, 'out');
    const kinds = new Map<string, ServedKind>();
    const write = await openExtractDirectory(out);
    const { written, unread } = await extractObjects(
      {
        source,
        selection: { allNamespaces: true },
        includeSecrets: true,
        async write(document) {
          await write(document);
          const { apiVersion, kind } = parse(document.yaml) as Extracted;
          const [resource = ''] = document.resource.split('.');
          kinds.set(`${apiVersion} ${kind}`, {
            apiVersion,
            kind,
            resource,
            namespaced: document.namespace !== undefined,
          });
        },
      },
      operationContext(),
    );
    assert.deepEqual(unread, []);
    assert.ok(written > 1000 && kinds.size > 40);
    const expected = (await readExtracted(out)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.equal(expected.length, written);

    await using server = await startApiDiscovery([...kinds.values()]);
    const { stdout, stderr, exitCode } = await runCommand(
      kubectl.path,
      [`--server=${server.url}`, 'apply', '--dry-run=client', '--validate=false', '-f', out],
      { timeoutMs: 240_000, env: { HOME: dir.path, KUBECONFIG: '/dev/null' } },
    );
    const lines = stdout.trim().split('\n');
    assert.deepEqual([exitCode, stderr.slice(0, 2000)], [0, '']);
    assert.equal(lines.filter((line) => line.endsWith(' created (dry run)')).length, written);
    // In the order of the files: namespaces and definitions before what needs them.
    const first = (word: string) => lines.findIndex((line) => line.startsWith(word));
    assert.equal(first('namespace/'), 0);
    assert.ok(
      first('customresourcedefinition') < first('configmap/') && first('configmap/') < first('deployment'),
    );
    t.diagnostic(`kubectl ${kubectl.version}: ${written} objects of ${kinds.size} kinds`);
  });
}

async function readExtracted(directory: string): Promise<Extracted[]> {
  const files = await readdir(directory);
  return Promise.all(
    files.map(async (file) => ({
      ...(parse(await readFile(join(directory, file), 'utf8')) as Extracted),
      file,
    })),
  );
}
