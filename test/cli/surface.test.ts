/** The surface that scripts rely on: a flag that comes, goes or changes shows in `surface.txt`, and is decided there. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandSurface, describeSurface } from '../../src/cli/index.ts';
import { requirePeer } from '../peers/index.ts';
import { runCommand } from '../support/run-command.ts';

const file = join(import.meta.dirname, 'surface.txt');

test('commands and flags are those of surface.txt', async () => {
  const actual = describeSurface(commandSurface);
  if (process.env['UPDATE_SURFACE'] === '1') await writeFile(file, actual);
  assert.equal(actual, await readFile(file, 'utf8'), 'if this is meant, run the test with UPDATE_SURFACE=1');
});

test('a flag has the same kind wherever it occurs: a value is never taken for a word', () => {
  const kinds = new Map<string, string>(
    Object.entries(commandSurface.globalFlags).map(([name, { kind }]) => [name, kind]),
  );
  for (const { path, flags = {} } of commandSurface.commands)
    for (const [name, { kind }] of Object.entries(flags)) {
      assert.equal(kinds.get(name) ?? kind, kind, `--${name} of ${path.join(' ')}`);
      kinds.set(name, kind);
    }
});

/** Commands of etcdctl that ours has, and flags of theirs that ours has not. */
const commands: readonly (readonly string[])[] = [
  'get',
  'put',
  'del',
  'txn',
  'watch',
  'compaction',
  'defrag',
  'alarm list',
  'alarm disarm',
  'lease grant',
  'lease revoke',
  'lease timetolive',
  'lease list',
  'lease keep-alive',
  'member list',
  'member add',
  'member update',
  'member promote',
  'member remove',
  'endpoint status',
  'endpoint health',
  'endpoint hashkv',
  'snapshot save',
].map((words) => words.split(' '));
/** `defrag --data-dir` works on files, which etcdutl does since 3.5; `get --stream` gets the same in another way. */
const left: readonly string[] = ['help', 'data-dir', 'stream'];

for (const line of ['3.4', '3.5', '3.6', '3.7'] as const)
  test(`every flag of these commands of etcdctl ${line} is one of ours`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    for (const words of commands) {
      const { stdout } = await runCommand(peer.etcdctl, [...words, '--help'], {
        timeoutMs: 60_000,
        env: { ETCDCTL_API: '3' },
      });
      const theirs = Array.from(stdout.matchAll(/^ +(?:-\w, )?--([a-z][a-z-]+)/gm), ([, name]) => name!);
      assert.ok(theirs.includes('help'), words.join(' '));
      const own = commandSurface.commands.find(({ path }) => path.join(' ') === words.join(' '))?.flags ?? {};
      const known = { ...commandSurface.globalFlags, ...own };
      const missing = theirs.filter((name) => !(name in known) && !left.includes(name));
      assert.deepEqual(missing, [], words.join(' '));
    }
  });

for (const line of ['3.5', '3.6', '3.7'] as const)
  test(`every flag of etcdutl ${line}'s snapshot commands is one of ours`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    for (const [theirWords, ourWords] of [
      ['snapshot status', 'snapshot status'],
      ['snapshot restore', 'snapshot restore'],
      ['hashkv', 'snapshot hashkv'],
    ] as const) {
      if (line === '3.5' && theirWords === 'hashkv') continue;
      const { stdout } = await runCommand(peer.etcdutl!, [...theirWords.split(' '), '--help'], {
        timeoutMs: 60_000,
      });
      const theirs = Array.from(stdout.matchAll(/^ +(?:-\w, )?--([a-z][a-z-]+)/gm), ([, name]) => name!);
      assert.ok(theirs.includes('help'), theirWords);
      const own = commandSurface.commands.find(({ path }) => path.join(' ') === ourWords)?.flags ?? {};
      const known = { ...commandSurface.globalFlags, ...own };
      assert.deepEqual(
        theirs.filter((name) => !(name in known) && !left.includes(name)),
        [],
        theirWords,
      );
    }
  });
