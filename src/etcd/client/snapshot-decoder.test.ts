import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { hasCode, parseHex, WireWriter } from '../../base/index.ts';
import { SnapshotResponseSchema } from '../api.ts';
import { SnapshotDecoder, type SnapshotMessage } from './snapshot-decoder.ts';

type Response = MessageInitShape<typeof SnapshotResponseSchema>;

interface Decoded {
  readonly blob: Buffer;
  readonly messages: SnapshotMessage[];
  readonly atBoundary: boolean;
}

function grpcFrame(message: Uint8Array, flag = 0): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function encode(responses: readonly Response[]): Uint8Array {
  return Buffer.concat(
    responses.map((response) =>
      grpcFrame(toBinary(SnapshotResponseSchema, create(SnapshotResponseSchema, response))),
    ),
  );
}

/** Decodes bytes cut into chunks of a size. Chunks are wiped after each push, as the socket's buffer is. */
function decode(bytes: Uint8Array, chunkBytes: number): Decoded {
  const pieces: Buffer[] = [];
  const messages: SnapshotMessage[] = [];
  const decoder = new SnapshotDecoder({
    blob: (piece) => pieces.push(Buffer.from(piece)),
    message: (message) => messages.push(message),
  });
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const chunk = Uint8Array.from(bytes.subarray(offset, offset + chunkBytes));
    decoder.push(chunk);
    chunk.fill(0xee);
  }
  return { blob: Buffer.concat(pieces), messages, atBoundary: decoder.atBoundary };
}

const stream: readonly Response[] = [
  { remainingBytes: 700n, blob: new Uint8Array(300).fill(1), version: '3.6.0' },
  { remainingBytes: 400n, blob: new Uint8Array(300).fill(2), version: '3.6.0' },
  { blob: new Uint8Array(400).fill(3), header: { clusterId: 7n, memberId: 0xffff_ffff_ffff_ffffn } },
  { blob: new Uint8Array(32).fill(4) },
  {},
];

describe('SnapshotDecoder', () => {
  const bytes = encode(stream);
  for (const chunkBytes of [1, 2, 3, 7, 64, 301, bytes.length]) {
    test(`a stream in chunks of ${chunkBytes} bytes`, () => {
      const decoded = decode(bytes, chunkBytes);
      assert.deepEqual(decoded.blob, Buffer.concat(stream.map(({ blob }) => blob ?? new Uint8Array())));
      assert.deepEqual(decoded.messages, [
        { remainingBytes: 700, blobBytes: 300, version: '3.6.0' },
        { remainingBytes: 400, blobBytes: 300, version: '3.6.0' },
        { remainingBytes: 0, blobBytes: 400, version: '' },
        { remainingBytes: 0, blobBytes: 32, version: '' },
        { remainingBytes: 0, blobBytes: 0, version: '' },
      ]);
      assert.equal(decoded.atBoundary, true);
    });
  }

  test('any messages in any chunks: what the generated encoder wrote', () => {
    const response = fc.record({
      remainingBytes: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
      blob: fc.uint8Array({ maxLength: 300 }),
      version: fc.constantFrom('', '3.6.0'),
    });
    fc.assert(
      fc.property(
        fc.array(response, { maxLength: 8 }),
        fc.integer({ min: 1, max: 400 }),
        (responses, chunkBytes) => {
          const decoded = decode(encode(responses), chunkBytes);
          assert.deepEqual(decoded.blob, Buffer.concat(responses.map(({ blob }) => blob)));
          assert.deepEqual(
            decoded.messages,
            responses.map(({ remainingBytes, blob, version }) => ({
              remainingBytes: Number(remainingBytes),
              blobBytes: blob.length,
              version,
            })),
          );
        },
      ),
    );
  });

  test('fields in another order and fields that nobody knows', () => {
    const message = new WireWriter()
      .bytes(3, parseHex('aabb'))
      .varint(99, 5)
      .bytes(98, parseHex('0102'))
      .string(4, '3.7.0')
      .varint(2, 10)
      .finish();
    const fixed = Buffer.concat([message, parseHex('a1060102030405060708'), parseHex('a50601020304')]);
    const decoded = decode(grpcFrame(fixed), 1);
    assert.equal(decoded.blob.toString('hex'), 'aabb');
    assert.deepEqual(decoded.messages, [{ remainingBytes: 10, blobBytes: 2, version: '3.7.0' }]);
  });

  test('a stream that ends inside a message is not at a boundary', () => {
    for (const missing of [1, 20, bytes.length - 3]) {
      assert.equal(decode(bytes.subarray(0, bytes.length - missing), 50).atBoundary, false);
    }
  });

  const malformed: readonly [name: string, bytes: Uint8Array][] = [
    ['a compressed message', grpcFrame(parseHex('1000'), 1)],
    ['a field longer than its message', grpcFrame(parseHex('1a05aa'))],
    ['a tag without a value', grpcFrame(parseHex('10'))],
    ['a number cut off', grpcFrame(parseHex('10ff'))],
    ['a number above 2^53', grpcFrame(parseHex('10ffffffffffffffffff01'))],
    ['a number without end', grpcFrame(parseHex('1080808080808080808080808000'))],
    ['a blob that is a number', grpcFrame(parseHex('1801'))],
    ['a group', grpcFrame(parseHex('0b'))],
  ];
  for (const [name, input] of malformed) {
    test(`${name} is refused`, () => {
      for (const chunkBytes of [1, input.length]) {
        assert.throws(
          () => decode(input, chunkBytes),
          (error) => hasCode(error, 'RECORD_INVALID'),
        );
      }
    });
  }

  test('any bytes end in a result or in RECORD_INVALID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        try {
          decode(grpcFrame(input), 7);
        } catch (error) {
          assert.ok(hasCode(error, 'RECORD_INVALID'), String(error));
        }
      }),
    );
  });
});
