/** The watch sees what must not happen: manifests lost, doubled or strange, two etcds at once. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ControlPlaneWatch, watchControlPlane } from './control-plane-watch.ts';
import { startProcess } from './started-process.ts';
import { tempDir } from './temp-dir.ts';
import { eventually } from './waiting.ts';

interface Watched extends AsyncDisposable {
  readonly root: string;
  readonly manifests: string;
  readonly fence: string;
  readonly watch: ControlPlaneWatch;
}

async function watched(): Promise<Watched> {
  await using starting = new AsyncDisposableStack();
  const { path: root } = starting.use(await tempDir('control-plane-watch'));
  const manifests = join(root, 'etc/kubernetes/manifests');
  await mkdir(manifests, { recursive: true });
  for (const name of ['etcd.yaml', 'kube-apiserver.yaml']) await writeFile(join(manifests, name), name);
  // Of an earlier recovery; what is in it does not count.
  const earlier = join(root, 'etc/kubernetes/holdfast-recover-1');
  await mkdir(earlier);
  await writeFile(join(earlier, 'etcd.yaml'), 'older');
  const watch = starting.use(watchControlPlane({ root, manifestsDir: manifests }));
  watch.begin();
  const fence = join(root, 'etc/kubernetes/holdfast-recover-2');
  await mkdir(fence);
  const stack = starting.move();
  return { root, manifests, fence, watch, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('manifests that move, and an edited one in the place of the original, are in order', async () => {
  await using it = await watched();
  const [original, fenced] = [join(it.manifests, 'etcd.yaml'), join(it.fence, 'etcd.yaml')];
  const edited = join(it.fence, '.etcd.yaml.edited');
  await writeFile(`${edited}.part`, 'half');
  await rename(`${edited}.part`, edited);
  await it.watch.looked();
  await rename(original, fenced);
  await it.watch.looked();
  await rename(edited, original);
  await it.watch.looked();
  await rename(original, edited);
  await rename(fenced, original);
  assert.ok(it.watch.end() >= 4);
});

for (const [what, spoil, problem] of [
  ['a manifest is lost', (it: Watched) => rm(join(it.manifests, 'etcd.yaml')), /etcd\.yaml is there 0 times/],
  [
    'a copy lies in the manifests dir',
    (it: Watched) => copyFile(join(it.manifests, 'etcd.yaml'), join(it.manifests, 'etcd.yaml.bak')),
    /etcd\.yaml\.bak does not belong there/,
  ],
  [
    'another file has the name of a manifest',
    async (it: Watched) => {
      await rename(join(it.manifests, 'etcd.yaml'), join(it.fence, 'etcd.yaml'));
      await writeFile(join(it.manifests, 'etcd.yaml'), 'something else');
    },
    /etcd\.yaml does not belong there/,
  ],
] as const) {
  test(`it is seen when ${what}`, async () => {
    await using it = await watched();
    await spoil(it);
    assert.throws(() => it.watch.end(), problem);
  });
}

test('it is seen when two etcds run, and not when one does', async () => {
  await using it = await watched();
  const etcd = (dataDir: string) => {
    const words = [
      process.execPath,
      '-e',
      'setInterval(() => {}, 1000)',
      '--',
      `--data-dir=${it.root}/${dataDir}`,
    ];
    return startProcess('/bin/bash', ['-c', 'exec -a etcd "$@"', 'bash', ...words], {
      logFile: join(it.root, 'log'),
    });
  };
  await using _ = await etcd('old');
  it.watch.end();
  it.watch.begin();
  await using __ = await etcd('new');
  await eventually(60_000, 'both are seen', async () => {
    await it.watch.looked();
    return it.watch.problems().find((text) => /^2 etcds at once: etcd .*old.* and etcd .*new/.test(text));
  });
  assert.throws(() => it.watch.end(), /2 etcds at once/);
});
