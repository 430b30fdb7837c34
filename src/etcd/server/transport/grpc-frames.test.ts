import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame, FrameReader } from './grpc-frames.ts';
import { parseGrpcTimeout } from './grpc-call.ts';
import { GrpcFault, statusTrailers } from './grpc-status.ts';

test('messages come out whole, wherever the bytes are cut', () => {
  const messages = [
    new Uint8Array(0),
    Uint8Array.of(1),
    new Uint8Array(300).fill(2),
    new Uint8Array(7).fill(3),
  ];
  const body = Buffer.concat(messages.map(encodeFrame));
  for (let first = 0; first <= body.length; first++)
    for (const second of [first, Math.min(first + 1, body.length), Math.min(first + 9, body.length)]) {
      const reader = new FrameReader(300);
      const found = [body.subarray(0, first), body.subarray(first, second), body.subarray(second)]
        .filter((piece) => piece.length > 0)
        .flatMap((piece) => reader.push(piece).map((message) => Buffer.from(message)));
      assert.deepEqual(
        found,
        messages.map((message) => Buffer.from(message)),
        `cut at ${first} and ${second}`,
      );
      assert.equal(reader.atBoundary, true);
    }
});

test('a message that is too long is refused by its prefix alone, a compressed one at once', () => {
  const prefix = encodeFrame(new Uint8Array(11)).subarray(0, 5);
  assert.throws(
    () => new FrameReader(10).push(prefix),
    (error) =>
      error instanceof GrpcFault &&
      error.status.code === 8 &&
      error.message === 'grpc: received message larger than max (11 vs. 10)',
  );
  assert.throws(
    () => new FrameReader(10).push(Uint8Array.of(1, 0, 0, 0, 1, 9)),
    (error) => error instanceof GrpcFault && error.status.code === 12,
  );
  const reader = new FrameReader(10);
  reader.push(Uint8Array.of(0, 0));
  assert.equal(reader.atBoundary, false);
});

test('status texts are percent-encoded, deadlines have units', () => {
  assert.deepEqual(statusTrailers({ code: 9, message: 'käse 100%\n' }), {
    'grpc-status': '9',
    'grpc-message': 'k%C3%A4se 100%25%0A',
  });
  const parsed = ['5S', '250m', '1500u', '10n', '1H', '99999999H', '', 'S', '123456789S', '1x'].map(
    parseGrpcTimeout,
  );
  assert.deepEqual(parsed, [
    5000,
    250,
    2,
    1,
    3_600_000,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
