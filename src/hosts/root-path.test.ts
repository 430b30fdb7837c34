import assert from 'node:assert/strict';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { hasCode } from '../base/index.ts';
import { resolveInRoot } from './root-path.ts';

/** A root with these links, given as host path and target; directories on the way are made. */
async function rootWith(
  links: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { path: string }> {
  const dir = await tempDir('root-path');
  const path = await realpath(dir.path);
  for (const [name, target] of Object.entries(links)) {
    await mkdir(join(path, name, '..'), { recursive: true });
    await symlink(target, join(path, name));
  }
  return { path, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

describe('a path inside a root', () => {
  test('follows absolute links from the root on, wherever they stand', async () => {
    await using root = await rootWith({
      '/etc/kubernetes': '/srv/k8s',
      '/srv/k8s/manifests': '../pods',
      '/srv/pods/etcd.yaml': '/data/real.yaml',
    });
    assert.equal(
      await resolveInRoot(root.path, '/etc/kubernetes/manifests/etcd.yaml'),
      join(root.path, '/data/real.yaml'),
    );
  });

  test('never leaves the root', async () => {
    await using root = await rootWith({ '/a/up': '../../../../etc', '/b': '/../../etc/passwd' });
    const cases = ['/../../etc/passwd', '/a/up/passwd', '/b', '/a/../../../etc/passwd', '/./etc//passwd'];
    for (const path of cases)
      assert.equal(await resolveInRoot(root.path, path), join(root.path, '/etc/passwd'), path);
    assert.equal(await resolveInRoot(root.path, '/..'), root.path);
  });

  test('is taken as written where nothing is, also below a file', async () => {
    await using root = await rootWith({ '/dangling': '/not/there' });
    await writeFile(join(root.path, 'file'), '');
    assert.equal(await resolveInRoot(root.path, '/x/y/../z'), join(root.path, '/x/z'));
    assert.equal(await resolveInRoot(root.path, '/dangling/db'), join(root.path, '/not/there/db'));
    assert.equal(await resolveInRoot(root.path, '/file/below'), join(root.path, '/file/below'));
  });

  test('a circle of links is an error that names the path', { timeout: 60_000 }, async () => {
    await using root = await rootWith({ '/a': '/b', '/b': '/a', '/self': 'self', '/grow': 'grow/more' });
    for (const path of ['/a', '/b/below', '/self', '/grow']) {
      await assert.rejects(resolveInRoot(root.path, path), (error) => {
        assert.ok(hasCode(error, 'FILE_NOT_READABLE'));
        assert.ok(error.message.includes(join(root.path, path)), error.message);
        return true;
      });
    }
  });

  test('as many links as Linux follows are no circle', async () => {
    const links = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`/l${i}`, `l${i + 1}`]));
    await using root = await rootWith(links);
    assert.equal(await resolveInRoot(root.path, '/l0'), join(root.path, 'l40'));
  });

  test('a link from /proc to /proc means this machine; no other link does', async () => {
    await using root = await rootWith({
      '/proc': '/proc',
      '/other': '/proc/1',
      '/etc/escape': '/proc/../etc',
    });
    assert.equal(await resolveInRoot(root.path, '/proc/locks'), '/proc/locks');
    assert.equal(await resolveInRoot(root.path, '/other/cmdline'), '/proc/1/cmdline');
    assert.equal(await resolveInRoot(root.path, '/proc/../etc'), join(root.path, 'etc'));
    assert.equal(await resolveInRoot(root.path, '/etc/escape'), join(root.path, 'etc'));
    await using plain = await rootWith({ '/sub/proc': '/proc' });
    assert.equal(await resolveInRoot(plain.path, '/sub/proc'), join(plain.path, 'proc'));
  });

  test('with the root / it is the path that the system finds', async () => {
    await using root = await rootWith({ '/a/link': '../b' });
    await mkdir(join(root.path, 'b'));
    const path = `${root.path}/a/link/../b`;
    assert.equal(await resolveInRoot('/', path), await realpath(path));
  });
});
