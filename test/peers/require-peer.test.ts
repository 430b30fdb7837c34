import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { type RunResult, runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';

const script = `
  import { requirePeer } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
  const found = await requirePeer({ skip: (reason) => console.log('skipped: ' + reason) }, process.argv[1]);
  console.log(String(found));
`;

for (const [line, reason] of [
  // Other systems have no such source to begin with.
  ['3.4', '(cannot run apt-config|this machine has no apt source)'],
  ['3.6', 'cannot run go'],
] as const) {
  test(`etcd ${line} on a bare machine: a skip that says why, a failure in CI`, async () => {
    await using dir = await tempDir('peers');
    const bare = await onBareMachine(dir.path, script, undefined, line);
    assert.match(bare.stdout, new RegExp(`^skipped: etcd ${line} cannot be had: ${reason}.*\nundefined\n$`));
    assert.equal(bare.exitCode, 0);
    const inCi = await onBareMachine(dir.path, script, 'true', line);
    assert.notEqual(inCi.exitCode, 0);
    assert.match(inCi.stderr, new RegExp(`etcd ${line} cannot be had`));
  });
}

test('kube-apiserver on a bare machine: a skip that says why, a failure in CI', async () => {
  await using dir = await tempDir('peers');
  const code = `
    import { requireKubeApiserver } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
    console.log(String(await requireKubeApiserver({ skip: (reason) => console.log('skipped: ' + reason) })));
  `;
  const bare = await onBareMachine(dir.path, code, undefined);
  assert.match(bare.stdout, /^skipped: kube-apiserver cannot be had: cannot run go.*\nundefined\n$/);
  const inCi = await onBareMachine(dir.path, code, 'true');
  assert.notEqual(inCi.exitCode, 0);
  assert.match(inCi.stderr, /kube-apiserver cannot be had/);
});

/** A machine with nothing on its PATH and an empty cache. */
function onBareMachine(
  directory: string,
  code: string,
  CI: string | undefined,
  ...args: string[]
): Promise<RunResult> {
  return runCommand(process.execPath, ['--input-type=module', '-e', code, ...args], {
    timeoutMs: 30_000,
    env: { PATH: directory, HOLDFAST_PEERS_DIR: join(directory, 'cache'), CI },
  });
}
