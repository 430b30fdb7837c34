import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { drill, type DrillCheckName, type DrillReport } from '../../src/operations/drill/index.ts';
import { requirePeer } from '../peers/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { soundSnapshot } from './file-faults.ts';

/** Faults of what runs, on a file that is sound: what it does, and what has to be noticed. */
type Meddled = readonly [what: string, check: DrillCheckName, says: RegExp];

const faults: readonly Meddled[] = [
  ['does not start', 'boot', /^etcd ended with exit status 1: discovery failed: it does not want to$/],
  ['changes a value', 'keys', /^the key of revision 18 has another value, revision, version$/],
  ['changes a lease', 'leases', /^lease 1234 was granted 60 s, not 7200 s$/],
  ['drops a key after the restart', 'restart', /^the key of revision 18 is missing$/],
  ['forgets what was written', 'restart', /^the key that was written is gone after the restart$/],
];

/** The same kinds of fault by other ways: for long runs. */
const furtherFaults: readonly Meddled[] = [
  ['begins a new cluster', 'members', /^the cluster is \w+, not \w+$/],
  ['adds a key', 'keys', /^a key is there that the backup does not have, of revision 19$/],
  ['loses a lease', 'leases', /^lease 1234 of 7200 s is missing$/],
];

const dir = await tempDir('drill');
const source = join(dir.path, 'sound.db');
await writeFile(source, soundSnapshot);

for (const [what, check, says] of [
  ...faults,
  ...(process.env['HOLDFAST_SOAK'] === '1' ? furtherFaults : []),
]) {
  test(`caught: an etcd that ${what}`, async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    const etcdProgram = await meddler(what, peer.etcd);
    const report = await drill({ source, workDir: dir.path, etcdProgram }, operationContext());
    assert.equal(report.ok, false);
    assert.ok(
      messagesOf(report, check).some((message) => says.test(message)),
      describe(report),
    );
  });
}

async function meddler(what: string, program: string): Promise<string> {
  const path = join(dir.path, `${what.replaceAll(' ', '-')}.sh`);
  const words = [
    process.execPath,
    join(import.meta.dirname, 'meddling-etcd.ts'),
    what,
    program,
    `${path}.starts`,
  ];
  const quoted = words.map((word) => `'${word}'`).join(' ');
  await writeFile(path, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o700 });
  return path;
}

function messagesOf({ checks }: DrillReport, name: DrillCheckName): string[] {
  const found = checks.find((check) => check.name === name)!;
  return found.findings.filter(({ severity }) => severity === 'fail').map(({ message }) => message);
}

function describe({ checks }: DrillReport): string {
  return checks.map(({ name, status, summary }) => `${name} ${status}: ${summary}`).join('\n');
}

test.after(() => dir[Symbol.asyncDispose]());
