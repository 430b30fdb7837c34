/** What `npm run package` makes: one file that is the whole program, on a machine that has nothing but libc. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { addElfNote, elfArch } from '../scripts/package/elf-note.ts';
import { buildSingleExecutable } from '../scripts/package/single-executable.ts';
import { requirePeer } from './peers/index.ts';
import { type BareRoot, requireBareRoot } from './support/bare-root.ts';
import { etcdctl } from './support/etcdctl.ts';
import { startEtcd } from './support/etcd-server.ts';
import { largeDatabase } from './support/large-database.ts';
import { createPki } from './support/pki.ts';
import { runHoldfast } from './support/run-cli.ts';
import { mustRun, runCommand } from './support/run-command.ts';
import { type TempDir, tempDir } from './support/temp-dir.ts';

const root = join(import.meta.dirname, '..');
const sample = join(root, 'testdata', 'bbolt', 'nested', 'database.db');

suite('the single-file program', { skip: process.platform !== 'linux' && 'made for Linux' }, () => {
  let dir: TempDir;
  let program = '';

  /** Packages into a directory of its own; resolves with the program's path. */
  async function makePackage(name: string): Promise<string> {
    const out = join(dir.path, name);
    const temporary = join(dir.path, `${name}-tmp`);
    await mkdir(temporary);
    const script = join(root, 'scripts', 'package.ts');
    await mustRun(process.execPath, [script, '--out', out, process.execPath], {
      timeoutMs: 300_000,
      // Neither where it runs nor where its temporary files are gets into the program.
      cwd: temporary,
      env: { TMPDIR: temporary },
    });
    assert.deepEqual(await readdir(out), [`holdfast-linux-${process.arch}`]);
    assert.deepEqual(await readdir(temporary), []);
    return join(out, `holdfast-linux-${process.arch}`);
  }

  before(async () => {
    dir = await tempDir('package');
    program = await makePackage('first');
  });
  after(() => dir[Symbol.asyncDispose]());

  test('the same sources give the same bytes', async () => {
    const again = await makePackage('second');
    const bytes = await readFile(program);
    assert.ok(bytes.equals(await readFile(again)));
    assert.ok(!bytes.includes(root), 'they do not tell where the sources were');
    assert.equal((await stat(program)).mode & 0o777, 0o755);
  });

  test('it is the program, and takes no words or settings for those of Node', async () => {
    const single = await mustRun(program, ['version'], { timeoutMs: 60_000 });
    assert.equal(single.stdout, (await runHoldfast(['version'])).stdout);
    assert.equal(single.stderr, '');
    const words = [['--help'], ['--version'], ['--inspect', 'version'], ['get'], ['-e', '1']];
    for (const argv of words) {
      const found = await runCommand(program, argv, { timeoutMs: 60_000 });
      const { exitCode, stdout, stderr } = await runHoldfast(argv);
      assert.deepEqual(
        [found.exitCode, found.stdout, found.stderr],
        [exitCode, stdout, stderr],
        argv.join(' '),
      );
    }
  });

  test('nothing is loaded that is not in the file', async () => {
    const beside = join(dir.path, 'beside');
    const planted = join(beside, 'node_modules', '@node-rs', 'crc32');
    await mkdir(planted, { recursive: true });
    const trap = `require('node:fs').writeFileSync(${JSON.stringify(join(beside, 'loaded'))}, __filename);`;
    await writeFile(join(planted, 'index.js'), trap);
    const copy = join(beside, 'holdfast');
    await copyFile(program, copy);
    const status = await mustRun(copy, ['snapshot', 'status', sample], {
      timeoutMs: 60_000,
      cwd: beside,
      env: {
        NODE_OPTIONS: `--require=${join(planted, 'index.js')}`,
        NODE_PATH: join(beside, 'node_modules'),
      },
    });
    assert.equal(status.stdout, (await runHoldfast(['snapshot', 'status', sample])).stdout);
    assert.equal(status.stderr, '');
    assert.deepEqual((await readdir(beside)).sort(), ['holdfast', 'node_modules']);
  });

  test('alone with libc it reads, checks and restores files, with threads', async (t) => {
    await using bare = await requireBareRoot(t, program);
    if (bare === undefined) return;
    assert.equal((await bare.run(['version'])).stdout, (await runHoldfast(['version'])).stdout);
    await writeFile(join(bare.data, 'large.db'), largeDatabase());
    await sameOutput(bare, ['snapshot', 'status', '-w', 'json'], 'large.db');
    await copyFile(sample, join(bare.data, 'sample.db'));
    for (const command of ['status', 'verify', 'hashkv'])
      await sameOutput(bare, ['snapshot', command], 'sample.db');
  });

  test('alone with libc it saves from a real etcd over TLS, and restores what etcd then runs on', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using bare = await requireBareRoot(t, program);
    if (bare === undefined) return;
    const tls = await createPki(join(bare.data, 'pki'));
    const inside = (path: string) => path.replace(bare.data, '/data');
    await using server = await startEtcd({ peer, tls, dataDir: join(dir.path, 'source') });
    await server.ready();
    for (const key of ['k1', 'k2', 'k3']) await etcdctl(server, ['put', key, `value of ${key}`]);

    const flags = [`--cacert=${inside(tls.caFile)}`, `--cert=${inside(tls.client.certFile)}`];
    const connection = [`--endpoints=${server.clientUrl}`, ...flags, `--key=${inside(tls.client.keyFile)}`];
    const saved = await bare.run([...connection, 'snapshot', 'save', '/data/backup.db']);
    assert.equal(saved.stdout, 'Snapshot saved at /data/backup.db\nServer version 3.6.0\n', saved.stderr);
    await sameOutput(bare, ['snapshot', 'verify'], 'backup.db');
    const restored = await bare.run(['snapshot', 'restore', '--data-dir=/data/restored', '/data/backup.db']);
    assert.equal(restored.exitCode, 0, restored.stderr);

    await using again = await startEtcd({ peer, dataDir: join(bare.data, 'restored') });
    await again.ready();
    const everything = ['get', '', '--from-key'];
    assert.equal(await etcdctl(again, everything), await etcdctl(server, everything));
  });

  test('a Node of another version or layout is refused, and of another architecture is not', async () => {
    const node = await readFile(process.execPath);
    const path = join(dir.path, 'node');
    const refused = async (bytes: Uint8Array, reason: RegExp) => {
      await writeFile(path, bytes);
      await assert.rejects(buildSingleExecutable(path, ''), reason);
    };
    await refused(node.subarray(0, 40), /no program for linux/);
    await refused(changed(node, 'ELF', 'elf'), /no program for linux/);
    await refused(changed(node, `node-${process.version}-headers`, `node-v0`), /is not Node v24/);
    await refused(changed(node, 'NODE_SEA_FUSE_', 'node_sea_fuse_'), /not a Node that can hold a program/);
    // The room behind the table of headers is used up.
    await refused(await readFile(program), /no room to grow/);

    const other = Buffer.from(node);
    other.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
    await writeFile(path, other);
    const made = await buildSingleExecutable(path, 'void 0');
    assert.equal(elfArch(made), process.arch === 'x64' ? 'arm64' : 'x64');
  });

  test('the note is where the headers say, and what was mapped stays where it was', async () => {
    const node = await readFile(process.execPath);
    const path = join(dir.path, 'noted');
    await writeFile(path, addElfNote(node, 'NOTE', Buffer.from('the content')), { mode: 0o755 });
    const ran = await mustRun(path, ['-p', '6 * 7'], { timeoutMs: 60_000 });
    assert.equal(ran.stdout, '42\n');
    const program64 = await readFile(path);
    const before = headersOf(node);
    const after = headersOf(program64);
    assert.equal(after.length, before.length + 1);
    const kept = before.filter(({ type }) => type !== 3 && type !== 4 && type !== 6);
    for (const header of kept) assert.ok(after.some((other) => other.text === header.text));
    const note = after.find(({ type }) => type === 4)!;
    assert.ok(program64.includes('NOTE\0\0\0\0the content\0', note.offset));
    assert.equal(program64.indexOf('NOTE\0\0\0\0the content\0'), note.offset + 12);
  });

  /** Inside the bare root the program prints what it prints here, from source. */
  async function sameOutput(bare: BareRoot, words: readonly string[], name: string): Promise<void> {
    const found = await bare.run([...words, `/data/${name}`]);
    const { exitCode, stdout } = await runHoldfast([...words, join(bare.data, name)]);
    assert.equal(found.stdout.replaceAll('/data/', `${bare.data}/`), stdout, found.stderr);
    assert.equal(found.exitCode, exitCode);
    assert.ok(stdout.length > 0);
  }
});

function changed(bytes: Buffer, from: string, to: string): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at);
  return copy;
}

function headersOf(program: Buffer): { type: number; offset: number; text: string }[] {
  const start = Number(program.readBigUInt64LE(32));
  return Array.from({ length: program.readUInt16LE(56) }, (_, index) => {
    const header = program.subarray(start + index * 56, start + (index + 1) * 56);
    const offset = Number(header.readBigUInt64LE(8));
    return { type: header.readUInt32LE(0), offset, text: header.toString('hex') };
  });
}
