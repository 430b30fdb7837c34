import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { operationContext } from '../../base/index.ts';
import { generateFileKey, initRepository, openRepository, Repository } from '../../repository/index.ts';
import { type FaultPlan, faultyStorage, openMemoryStorage, type Storage } from '../../storage/index.ts';
import { addKey, changePassphrase, exportKeys, listKeys, renewKeys } from './index.ts';

const ctx = operationContext();

/** The same open repository over a store in which things go wrong. */
function over(repository: Repository, plan: FaultPlan): Repository {
  const { keys, slot, configs } = repository;
  return new Repository({ storage: faultyStorage(repository.storage, plan), keys, slot, configs });
}

const failDeletes: FaultPlan = ({ action }) =>
  action === 'delete' ? { kind: 'before', code: 'STORAGE_DENIED' } : undefined;

async function idsIn(storage: Storage): Promise<readonly string[]> {
  return (await listKeys({ storage }, ctx)).keys.map(({ id }) => id);
}

test('a passphrase whose change stopped half way opens as well as the new one', async () => {
  const storage = openMemoryStorage();
  const old = { kind: 'passphrase', passphrase: 'old', scryptN: 1024 } as const;
  const repository = await initRepository(storage, { lock: old }, ctx);
  await assert.rejects(
    changePassphrase({ repository: over(repository, failDeletes), passphrase: 'new' }, ctx),
    {
      code: 'STORAGE_DENIED',
    },
  );
  assert.equal((await idsIn(storage)).length, 2);
  for (const passphrase of ['old', 'new'])
    await openRepository(storage, { unlock: { kind: 'passphrase', passphrase } }, ctx);
});

test('a rotation that stops anywhere leaves a repository that opens, and can be done again', async () => {
  const unlock = { kind: 'key-file', key: generateFileKey() } as const;
  for (let stopAt = 0; ; stopAt++) {
    const storage = openMemoryStorage();
    const repository = await initRepository(storage, { lock: unlock }, ctx);
    let changes = 0;
    const broken = over(repository, ({ action }) =>
      (action === 'put' || action === 'delete') && changes++ >= stopAt
        ? { kind: 'before', code: 'STORAGE_UNREACHABLE' }
        : undefined,
    );
    const outcome = await renewKeys({ repository: broken, unlock }, ctx).then(
      () => 'done',
      () => 'stopped',
    );
    const again = await openRepository(storage, { unlock }, ctx);
    const { generation, replaced } = await renewKeys({ repository: again, unlock }, ctx);
    assert.equal(replaced, again.slot.slot);
    const { keys, slot } = await openRepository(storage, { unlock }, ctx);
    assert.equal(keys.secrets.content.length, generation, `stopped at change ${stopAt}`);
    assert.ok((await idsIn(storage)).includes(slot.slot));
    if (outcome === 'done') {
      assert.ok(stopAt >= 3, 'a slot, a generation and a removal');
      return;
    }
  }
});

test('a key whose file cannot be kept, or whose slot cannot be put, leaves neither', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  try {
    const storage = openMemoryStorage();
    const lock = { kind: 'key-file', key: generateFileKey() } as const;
    const repository = await initRepository(storage, { lock }, ctx);
    const [before] = await idsIn(storage);
    const newKey = { kind: 'key-file', path: join(directory, 'key') } as const;
    const failPuts: FaultPlan = ({ action }) => (action === 'put' ? { kind: 'after-effect' } : undefined);
    await assert.rejects(addKey({ repository: over(repository, failPuts), newKey, label: '' }, ctx));
    assert.deepEqual(await readdir(directory), []);
    const path = join(directory, 'missing', 'sheet');
    await assert.rejects(exportKeys({ repository, path, withKey: true }, ctx), { code: 'FILE_NOT_FOUND' });
    assert.deepEqual(await idsIn(storage), [before]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
