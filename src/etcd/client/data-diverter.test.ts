import assert from 'node:assert/strict';
import * as net from 'node:net';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DataDiverter } from './data-diverter.ts';

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

const dataFrame = 0;
const endStream = 0x1;
const padded = 0x8;

function encodeFrame({ type, flags, streamId, payload }: Frame): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}

/** What the diverter makes of frames that arrive in chunks of a size: what it takes out and what it lets through. */
function run(frames: readonly Frame[], chunkBytes: number): { taken: string; passed: string } {
  const diverter = new DataDiverter(1 << 20);
  const taken: Buffer[] = [];
  diverter.divert(1, (bytes) => {
    taken.push(Buffer.from(bytes));
    return undefined;
  });
  const bytes = Buffer.concat(frames.map(encodeFrame));
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const chunk = Buffer.from(bytes.subarray(offset, offset + chunkBytes));
    diverter.onread.callback(chunk.length, chunk);
    chunk.fill(0xee);
  }
  const passed: unknown = diverter.read();
  return {
    taken: Buffer.concat(taken).toString('hex'),
    passed: passed instanceof Buffer ? passed.toString('hex') : '',
  };
}

describe('DataDiverter', () => {
  test('takes the data of its stream and nothing else, however the bytes are cut', () => {
    const frame = fc.record({
      type: fc.constantFrom(dataFrame, dataFrame, 1, 4, 6, 8),
      flags: fc.constantFrom(0, endStream, 4),
      streamId: fc.constantFrom(0, 1, 3),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(frame), fc.integer({ min: 1, max: 60 }), (frames, chunkBytes) => {
        const mine = ({ type, streamId }: Frame) => type === dataFrame && streamId === 1;
        const data = frames.filter(mine).map(({ payload }) => payload);
        const rest = frames.flatMap((each) => {
          if (!mine(each)) return [each];
          return (each.flags & endStream) === 0
            ? []
            : [{ ...each, flags: endStream, payload: new Uint8Array() }];
        });
        assert.deepEqual(run(frames, chunkBytes), {
          taken: Buffer.concat(data).toString('hex'),
          passed: Buffer.concat(rest.map(encodeFrame)).toString('hex'),
        });
      }),
    );
  });

  test('padding is dropped', () => {
    const payload = Buffer.from([3, 0xaa, 0xbb, 0, 0, 0]);
    for (const chunkBytes of [1, 2, 4, 11, 12, 13, 14, 100]) {
      const { taken, passed } = run([{ type: dataFrame, flags: padded, streamId: 1, payload }], chunkBytes);
      assert.deepEqual({ taken, passed }, { taken: 'aabb', passed: '' });
    }
  });

  test('a padding longer than its frame leaves nothing, and the next frame is whole', () => {
    const frames = [
      { type: dataFrame, flags: padded, streamId: 1, payload: Buffer.from([200, 0xaa]) },
      { type: dataFrame, flags: 0, streamId: 1, payload: Buffer.from([0xbb]) },
    ];
    for (const chunkBytes of [1, 10, 100]) assert.equal(run(frames, chunkBytes).taken, 'bb');
  });

  test('credit is given back in quarters of the window, and not while a handler waits', async () => {
    await using pair = await connectedPair();
    const windowBytes = 4000;
    const diverter = new DataDiverter(windowBytes);
    diverter.attach(pair.client);
    const waits = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    let calls = 0;
    diverter.divert(1, () => waits[calls++]?.promise);
    const send = (sizeBytes: number) => {
      const bytes = encodeFrame({
        type: dataFrame,
        flags: 0,
        streamId: 1,
        payload: new Uint8Array(sizeBytes),
      });
      diverter.onread.callback(bytes.length, bytes);
    };
    send(1500);
    send(700);
    waits[0]!.resolve(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(pair.client.bytesWritten, 0, 'one of two handlers still waits');
    waits[1]!.resolve(undefined);
    const update = await pair.read(26);
    assert.deepEqual(update, Buffer.concat([windowUpdate(0, 2200), windowUpdate(1, 2200)]));
    send(999);
    assert.equal(pair.client.bytesWritten, 26, 'less than a quarter is not worth a frame');
    send(1);
    assert.deepEqual(await pair.read(26), Buffer.concat([windowUpdate(0, 1000), windowUpdate(1, 1000)]));
  });
});

function windowUpdate(streamId: number, credit: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(credit);
  return encodeFrame({ type: 8, flags: 0, streamId, payload });
}

/** Two ends of a connection on the loopback address. */
async function connectedPair(): Promise<
  AsyncDisposable & { client: net.Socket; read(sizeBytes: number): Promise<Buffer> }
> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [net.Socket];
  return {
    client,
    async read(sizeBytes) {
      for (;;) {
        const bytes: unknown = far.read(sizeBytes);
        if (bytes instanceof Buffer) return bytes;
        await once(far, 'readable');
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      far.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
