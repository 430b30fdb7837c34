import { type ContractCheck, expect, expectCode, expectSame } from './contract-check.ts';

const largeBytes = 17 << 20;
const rivals = 8;

/** What is put is there, whole, once. */
export const putChecks: readonly ContractCheck[] = [
  {
    code: 'put-get',
    promise: 'an object comes back as it was put, however many pieces it was put in',
    async run({ storage, prefix, bytes }) {
      const pieces = [bytes(1), new Uint8Array(0), bytes(70_000), bytes(3)];
      const outcome = await storage.putIfAbsent(`${prefix}object`, pieces);
      expect(outcome === 'created', `a new object was not created: ${outcome}`);
      expectSame(await storage.get(`${prefix}object`), Buffer.concat(pieces), 'get');
    },
  },
  {
    code: 'put-empty',
    promise: 'an object may be empty',
    async run({ storage, prefix }) {
      await storage.putIfAbsent(`${prefix}empty`, []);
      const found = await storage.stat(`${prefix}empty`);
      expect(found?.sizeBytes === 0, 'an empty object was not there');
      expectSame(await storage.get(`${prefix}empty`), new Uint8Array(0), 'get of an empty object');
    },
  },
  {
    code: 'put-large',
    promise: 'a large object is there as a whole',
    async run({ storage, prefix, bytes }) {
      const piece = bytes(largeBytes / 17);
      const pieces = Array.from({ length: 17 }, () => piece);
      await storage.putIfAbsent(`${prefix}large`, [...pieces, bytes(5)]);
      const found = await storage.stat(`${prefix}large`);
      expect(found?.sizeBytes === largeBytes + 5, `a large object has ${found?.sizeBytes ?? 'no'} bytes`);
      const middle = { offset: piece.length * 9, lengthBytes: piece.length };
      expectSame(await storage.get(`${prefix}large`, middle), piece, 'get from the middle of a large object');
    },
  },
  {
    code: 'put-once',
    promise: 'a name that is taken stays as it is',
    async run({ storage, prefix, bytes }) {
      const first = bytes(100);
      await storage.putIfAbsent(`${prefix}object`, [first]);
      const outcome = await storage.putIfAbsent(`${prefix}object`, [bytes(90)]);
      expect(outcome === 'exists', `a second put of the same name says ${outcome}`);
      expectSame(await storage.get(`${prefix}object`), first, 'get after a second put');
    },
  },
  {
    code: 'put-once-large',
    promise: 'a name that is taken stays as it is for large objects too',
    async run({ storage, prefix, bytes }) {
      const first = bytes(100);
      await storage.putIfAbsent(`${prefix}object`, [first]);
      const outcome = await storage.putIfAbsent(`${prefix}object`, [new Uint8Array(largeBytes)]);
      expect(outcome === 'exists', `a second put of the same name says ${outcome}`);
      expectSame(await storage.get(`${prefix}object`), first, 'get after a second, large put');
    },
  },
  {
    code: 'put-rivals',
    promise: 'of several puts of one name at the same time one creates it, and it is the one that says so',
    needs: 'atomicPutIfAbsent',
    async run({ storage, prefix, bytes }) {
      const contents = Array.from({ length: rivals }, () => bytes(50_000));
      const outcomes = await Promise.all(
        contents.map((content) => storage.putIfAbsent(`${prefix}wanted`, [content])),
      );
      const winners = contents.filter((_content, index) => outcomes[index] === 'created');
      expect(
        winners.length === 1,
        `${winners.length} of ${rivals} puts of one name say that they created it`,
      );
      expectSame(await storage.get(`${prefix}wanted`), winners[0]!, 'get after puts at the same time');
    },
  },
  {
    code: 'put-bad-name',
    promise: 'a name that not every store can keep is refused',
    async run({ storage, prefix }) {
      const names = [
        '',
        '/',
        'a/',
        '/a',
        'a//b',
        '../a',
        `${prefix}../a`,
        `${prefix}A`,
        `${prefix}.a`,
        'ä',
        'a b',
      ];
      for (const name of [...names, `${prefix}${'x'.repeat(600)}`])
        await expectCode(
          storage.putIfAbsent(name, []),
          'STORAGE_NAME_INVALID',
          `put of ${name.slice(0, 30)}`,
        );
    },
  },
  {
    code: 'put-locked',
    promise: 'an object is not deleted before its time',
    needs: 'objectLock',
    async run({ storage, prefix, bytes }) {
      const retainUntilMs = Date.now() + 60_000;
      await storage.putIfAbsent(`${prefix}kept`, [bytes(10)], { retainUntilMs });
      await expectCode(storage.delete(`${prefix}kept`), 'STORAGE_OBJECT_LOCKED', 'delete of a kept object');
      expect((await storage.stat(`${prefix}kept`)) !== undefined, 'a kept object is gone');
    },
  },
];
