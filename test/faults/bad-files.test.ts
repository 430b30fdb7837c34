/** Files that are no sound snapshot: one clear sentence from every command that reads one, and nothing written. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type ExpectedFailure, expectFailure, expectJsonFailure } from './expect-failure.ts';
import { runHoldfastProcess } from './holdfast-process.ts';
import { sampleSnapshot } from './sample-snapshot.ts';

const commands = ['status', 'verify', 'hashkv', 'restore'] as const;
type Command = (typeof commands)[number];

interface BadFile {
  readonly content: Uint8Array | 'a directory' | 'nothing';
  /** What each command says; `works` where the fault is none of its business. */
  readonly says: ExpectedFailure | Readonly<Record<Command, ExpectedFailure | 'works'>>;
}

const sound = sampleSnapshot(0);
const database = sound.subarray(0, -32);
const pageSize = 4096;

/** A flipped bit in the middle of a value: the structure stays sound. */
function withFlippedValue(): Uint8Array {
  const bytes = Uint8Array.from(sound);
  const at = Buffer.from(bytes).indexOf('xxxx', bytes.length / 2) + 20;
  bytes[at]! ^= 1;
  return bytes;
}

/** One stored entry, as `zip` writes it. */
function zipped(): Uint8Array {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(8, 8);
  return Buffer.concat([header, deflateRawSync(sound)]);
}

const notADatabase = (message: RegExp): ExpectedFailure => ({ code: 'NOT_A_DATABASE', message });
const cutOff: ExpectedFailure = {
  code: 'DATABASE_CORRUPT',
  message: /cut-off.* is cut off: it has \d+ of the \d+ bytes of its database/,
  hint: /^(hint: )?The file is incomplete, .*: use another copy\.$/,
};
const failsDigest: ExpectedFailure = { code: 'VERIFY_FAILED', message: / fails digest$/ };
const digestMissing = {
  status: 'works',
  hashkv: 'works',
  verify: failsDigest,
  restore: { code: 'DIGEST_MISSING', message: /snapshot missing hash but --skip-hash-check=false/ },
} as const;

/** What a save that was killed leaves as FILE.part, whatever it had received. */
const cutLengths = [
  512,
  2 * pageSize,
  2 * pageSize + 32,
  10_000,
  database.length / 2,
  database.length - pageSize,
  database.length - pageSize + 32,
  database.length - 1,
];

const files: Readonly<Record<string, BadFile>> = {
  'with a changed value': {
    content: withFlippedValue(),
    // As with etcdutl, these two do not look at the digest.
    says: {
      status: 'works',
      hashkv: 'works',
      verify: failsDigest,
      restore: { code: 'DIGEST_MISMATCH', message: /expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}/ },
    },
  },
  'with a changed digest': {
    content: Uint8Array.from([...sound.subarray(0, -1), sound.at(-1)! ^ 1]),
    says: {
      status: 'works',
      hashkv: 'works',
      verify: failsDigest,
      restore: { code: 'DIGEST_MISMATCH', message: /expected sha256/ },
    },
  },
  'without its digest': { content: database, says: digestMissing },
  'with half a digest': { content: sound.subarray(0, -16), says: digestMissing },
  'a line of text': { content: Buffer.from('kind: Secret\n'), says: notADatabase(/only 13 bytes/) },
  'a long text': {
    content: Buffer.from('kind: Secret\n'.repeat(1000)),
    says: notADatabase(/is not an etcd database/),
  },
  'gzip-compressed': { content: gzipSync(sound), says: notADatabase(/gzip-compressed/) },
  'zip-compressed': { content: zipped(), says: notADatabase(/a zip archive/) },
  'zstd-compressed': { content: zstdCompressSync(sound), says: notADatabase(/zstd-compressed/) },
  empty: { content: new Uint8Array(), says: notADatabase(/the file is empty/) },
  'a directory': { content: 'a directory', says: { code: 'NOT_A_REGULAR_FILE', message: /is a directory/ } },
  missing: { content: 'nothing', says: { code: 'FILE_NOT_FOUND', message: /no such file or directory/ } },
  ...Object.fromEntries(
    cutLengths.map((length) => [
      `cut-off-after-${length}-bytes.part`,
      { content: sound.subarray(0, length), says: cutOff },
    ]),
  ),
};

function argumentsOf(command: Command, path: string, target: string): string[] {
  return ['snapshot', command, path, ...(command === 'restore' ? ['--data-dir', target] : [])];
}

async function makeFile(path: string, content: BadFile['content']): Promise<void> {
  if (content === 'a directory') await mkdir(path);
  else if (content !== 'nothing') await writeFile(path, content);
}

// Compiles once, so that the runs below do not all do it at the same time.
before(() => runHoldfastProcess(['version']));

describe('a file', { concurrency: 2 }, () => {
  for (const [name, { content, says }] of Object.entries(files)) {
    test(name, async () => {
      await using dir = await tempDir('bad-file');
      const path = join(dir.path, name.replaceAll(' ', '-'));
      await makeFile(path, content);
      const there = await readdir(dir.path);
      for (const command of commands) {
        const expected = 'code' in says ? says : says[command];
        const words = argumentsOf(command, path, join(dir.path, 'data'));
        const plain = await runHoldfastProcess(words);
        const json = await runHoldfast([...words, '-w', 'json']);
        assert.deepEqual(await readdir(dir.path), there, `${command} has left something behind`);
        if (expected === 'works') {
          assert.equal(plain.exitCode, 0, plain.stderr);
          continue;
        }
        expectFailure(plain, expected);
        const asRun = { ...json, signal: null, tookMs: 0 };
        expectJsonFailure(asRun, expected);
        // The report of a verify is a result, also when it is a bad one.
        const hasReport = expected.code === 'VERIFY_FAILED';
        assert.equal(json.stdout === '', !hasReport, json.stdout);
        if (command !== 'restore') assert.equal(plain.stdout === '', !hasReport, plain.stdout);
      }
    });
  }

  test('that is not for us to read', async (t) => {
    const nobody = 65_534;
    if (process.getuid?.() !== 0) {
      t.skip('only root can become another user');
      return;
    }
    await using dir = await tempDir('bad-file');
    await chmod(dir.path, 0o777);
    const path = join(dir.path, 'snapshot.db');
    await writeFile(path, sound, { mode: 0o600 });
    const able = await runHoldfastProcess(['version'], { uid: nobody, cwd: '/' }).catch(String);
    if (typeof able === 'string' || able.exitCode !== 0) {
      t.skip('another user cannot read this checkout');
      return;
    }
    for (const command of commands) {
      const words = argumentsOf(command, path, join(dir.path, 'data'));
      const result = await runHoldfastProcess(words, { uid: nobody, cwd: '/' });
      expectFailure(result, { code: 'FILE_NOT_READABLE', message: /open .*snapshot\.db: permission denied/ });
    }
    assert.deepEqual(await readdir(dir.path), ['snapshot.db']);
  });
});

test('nothing is wrong with the sound one', async () => {
  await using dir = await tempDir('bad-file');
  const path = join(dir.path, 'snapshot.db');
  await writeFile(path, sound);
  for (const command of commands) {
    const result = await runHoldfast(argumentsOf(command, path, join(dir.path, 'data')));
    assert.equal(result.exitCode, 0, `${command}: ${result.stderr}`);
  }
});
