import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { mustRun } from '../../test/support/run-command.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type ErrorCode, hasCode } from '../base/index.ts';
import { openLocalHost } from './local-host.ts';

function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => hasCode(error, code);
}

describe('the files of a host under a root', () => {
  test('are read through links of the host', async () => {
    await using dir = await tempDir('host');
    await mkdir(join(dir.path, 'srv'));
    await symlink('/srv', join(dir.path, 'etc'));
    await writeFile(join(dir.path, 'srv/etcd.yaml'), '\uFEFFkind: Pod # ü\r\n');
    await chmod(join(dir.path, 'srv/etcd.yaml'), 0o640);
    const host = openLocalHost({ root: dir.path });
    assert.equal(await host.readText('/etc/etcd.yaml'), '\uFEFFkind: Pod # ü\r\n', 'every byte kept');
    const bytes = await host.readBytes('/etc/etcd.yaml');
    assert.ok(bytes !== undefined);
    assert.deepEqual(bytes.subarray(0, 4), new Uint8Array([0xef, 0xbb, 0xbf, 0x6b]));
    const stat = await host.stat('/etc/etcd.yaml');
    assert.deepEqual([stat?.kind, stat?.sizeBytes, stat?.mode], ['file', bytes.length, 0o640]);
    assert.equal((await host.stat('/etc'))?.kind, 'directory');
  });

  test('what is not there is undefined', async () => {
    await using dir = await tempDir('host');
    await writeFile(join(dir.path, 'file'), '');
    const host = openLocalHost({ root: dir.path });
    for (const path of ['/none', '/none/below', '/file/below']) {
      assert.equal(await host.readText(path), undefined);
      assert.equal(await host.readBytes(path), undefined);
      assert.equal(await host.stat(path), undefined);
      assert.equal(await host.list(path), undefined);
      assert.deepEqual(await host.holdersOf(path), []);
    }
    assert.deepEqual(await host.processes(), [], 'no /proc under the root');
  });

  test('names are sorted, dot files among them', async () => {
    await using dir = await tempDir('host');
    for (const name of ['b', '.a', 'c']) await writeFile(join(dir.path, name), '');
    assert.deepEqual(await openLocalHost({ root: dir.path }).list('/'), ['.a', 'b', 'c']);
  });

  test('what is not text, not a file, or too large is refused', { timeout: 60_000 }, async () => {
    await using dir = await tempDir('host');
    await writeFile(join(dir.path, 'binary'), new Uint8Array([0x6b, 0xff]));
    await writeFile(join(dir.path, 'ten'), '0123456789');
    await writeFile(join(dir.path, 'sparse'), '');
    await truncate(join(dir.path, 'sparse'), 2 ** 40);
    await mustRun('mkfifo', [join(dir.path, 'pipe')], { timeoutMs: 60_000 });
    const host = openLocalHost({ root: dir.path });
    await assert.rejects(host.readText('/binary'), withCode('FILE_NOT_READABLE'));
    assert.equal((await host.readBytes('/binary'))?.length, 2);
    await assert.rejects(host.readText('/ten', 9), withCode('FILE_NOT_READABLE'));
    assert.equal(await host.readText('/ten', 10), '0123456789');
    await assert.rejects(host.readBytes('/sparse'), withCode('FILE_NOT_READABLE'));
    await assert.rejects(host.readText('/pipe'), withCode('NOT_A_REGULAR_FILE'));
    await assert.rejects(host.readText('/'), withCode('NOT_A_REGULAR_FILE'));
  });

  test('a file larger than one read comes whole', async () => {
    await using dir = await tempDir('host');
    const content = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);
    await writeFile(join(dir.path, 'large'), content);
    assert.deepEqual(await openLocalHost({ root: dir.path }).readBytes('/large'), content);
  });
});
