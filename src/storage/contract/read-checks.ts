import { HoldfastError } from '../../base/index.ts';
import { type ContractCheck, expect, expectCode, expectSame, listAll, listNames } from './contract-check.ts';

/** In the order in which they are listed: the slash comes after the dash and the dot, before digits and letters. */
const ordered = ['a-b/x', 'a.b/x', 'a/x', 'a/y', 'a0/x', 'ab', 'b', 'b-', 'b0'];

/** What is asked for comes, and what is not there is not there. */
export const readChecks: readonly ContractCheck[] = [
  {
    code: 'get-range',
    promise: 'a part of an object can be read',
    async run({ storage, prefix, bytes }) {
      const content = bytes(1000);
      const name = `${prefix}object`;
      await storage.putIfAbsent(name, [content]);
      const ranges = [
        [0, 1],
        [10, 100],
        [999, 1],
        [990, 100],
        [1000, 10],
        [5000, 10],
        [10, 0],
      ] as const;
      for (const [offset, lengthBytes] of ranges) {
        const wanted = content.subarray(offset, offset + lengthBytes);
        const found = await storage.get(name, { offset, lengthBytes });
        expectSame(found, wanted, `get of ${lengthBytes} bytes from ${offset}`);
      }
      expectSame(await storage.get(name, { offset: 400 }), content.subarray(400), 'get from 400');
    },
  },
  {
    code: 'get-own-bytes',
    promise: 'the bytes of a read belong to the caller',
    async run({ storage, prefix, bytes }) {
      const content = bytes(100);
      await storage.putIfAbsent(`${prefix}object`, [content.slice()]);
      (await storage.get(`${prefix}object`)).fill(0);
      expectSame(
        await storage.get(`${prefix}object`),
        content,
        'get after the bytes of another were changed',
      );
    },
  },
  {
    code: 'get-limit',
    promise: 'more than the caller allows is refused',
    async run({ storage, prefix, bytes }) {
      const name = `${prefix}object`;
      await storage.putIfAbsent(name, [bytes(100)]);
      const tooMuch = storage.get(name, { limitBytes: 99 });
      await expectCode(tooMuch, 'STORAGE_OBJECT_TOO_LARGE', 'get of 100 bytes where 99 are allowed');
      const part = await storage.get(name, { offset: 50, lengthBytes: 50, limitBytes: 50 });
      expect(part.length === 50, 'a part within the limit was refused');
    },
  },
  {
    code: 'missing',
    promise: 'what is not there is said not to be there',
    async run({ storage, prefix }) {
      const name = `${prefix}none/such`;
      await expectCode(storage.get(name), 'STORAGE_OBJECT_MISSING', 'get of nothing');
      const range = storage.get(name, { offset: 1, lengthBytes: 1 });
      await expectCode(range, 'STORAGE_OBJECT_MISSING', 'get of a part of nothing');
      expect((await storage.stat(name)) === undefined, 'stat of nothing finds something');
      await storage.delete(name);
      expect((await listNames(storage, `${prefix}none/`)).length === 0, 'list of nothing finds something');
    },
  },
  {
    code: 'stat',
    promise: 'size and time are those of the object, in a list too',
    async run({ storage, prefix, bytes }) {
      const beforeMs = await storeTime(storage, `${prefix}before`);
      await storage.putIfAbsent(`${prefix}object`, [bytes(123)]);
      const afterMs = await storeTime(storage, `${prefix}later`);
      const found = await storage.stat(`${prefix}object`);
      expect(found?.sizeBytes === 123, `stat finds ${found?.sizeBytes ?? 'no'} bytes instead of 123`);
      expect(found.name === `${prefix}object`, `stat finds ${found.name}`);
      const inBetween = found.modifiedMs >= beforeMs - 1000 && found.modifiedMs <= afterMs + 1000;
      expect(
        inBetween,
        'an object has a time before one that was put earlier, or after one that was put later',
      );
      const [listed] = (await listAll(storage, prefix)).filter(({ name }) => name === found.name);
      expect(listed?.sizeBytes === 123, 'a list has another size than stat');
      expect(Math.abs(listed.modifiedMs - found.modifiedMs) <= 1000, 'a list has another time than stat');
    },
  },
  {
    code: 'list',
    promise: 'a list holds the names that begin with the prefix, each once, in order',
    needs: 'consistentList',
    async run({ storage, prefix, bytes }) {
      for (const name of ordered.toReversed()) await storage.putIfAbsent(prefix + name, [bytes(1)]);
      expectNames(await listNames(storage, prefix), ordered);
      expectNames(await listNames(storage, `${prefix}a/`), ['x', 'y']);
      await expectCode(listNames(storage, `${prefix}a`), 'STORAGE_NAME_INVALID', 'list of half a name');
    },
  },
  {
    code: 'delete',
    promise: 'what is deleted is gone, and its name is free again',
    needs: 'consistentList',
    async run({ storage, prefix, bytes }) {
      for (const name of ['a', 'b', 'c']) await storage.putIfAbsent(prefix + name, [bytes(10)]);
      await storage.delete(`${prefix}b`);
      await storage.delete(`${prefix}b`);
      expectNames(await listNames(storage, prefix), ['a', 'c']);
      await expectCode(storage.get(`${prefix}b`), 'STORAGE_OBJECT_MISSING', 'get of what was deleted');
      const content = bytes(20);
      const outcome = await storage.putIfAbsent(`${prefix}b`, [content]);
      expect(outcome === 'created', `a put under the name of a deleted object says ${outcome}`);
      expectSame(await storage.get(`${prefix}b`), content, 'get of what was put again');
    },
  },
  {
    code: 'interrupted',
    promise: 'a request that is no longer wanted ends',
    async run({ storage, prefix, bytes }) {
      const signal = AbortSignal.abort(new HoldfastError('INTERRUPTED', 'interrupted'));
      await expectCode(storage.putIfAbsent(`${prefix}a`, [bytes(1)], { signal }), 'INTERRUPTED', 'put');
      expect((await storage.stat(`${prefix}a`)) === undefined, 'a put that was not wanted was done');
      await expectCode(storage.get(`${prefix}a`, { signal }), 'INTERRUPTED', 'get');
    },
  },
];

async function storeTime(storage: Parameters<typeof listAll>[0], name: string): Promise<number> {
  await storage.putIfAbsent(name, []);
  const found = await storage.stat(name);
  expect(found !== undefined, 'an object that was just put is not there');
  return found.modifiedMs;
}

function expectNames(found: readonly string[], wanted: readonly string[]): void {
  expect(found.join(' ') === wanted.join(' '), `a list is ${found.join(' ')} instead of ${wanted.join(' ')}`);
}
