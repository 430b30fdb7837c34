import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { type ErrorCode, hasCode } from '../../base/index.ts';
import { sendUnary } from './grpc.ts';

const limitMs = 50;

/** A transport whose server resets the stream of every call, so long after the call came. */
function resetsAfter(waitMs: number): Transport {
  return {
    async unary() {
      const startedMs = performance.now();
      while (performance.now() - startedMs < waitMs) await new Promise(setImmediate);
      throw new ConnectError('http/2 stream closed with error code CANCEL (0x8)', Code.Canceled);
    },
    stream: () => assert.fail('no stream here'),
  };
}

async function callFails(transport: Transport, leftMs: number | undefined, code: ErrorCode): Promise<void> {
  const signal = new AbortController().signal;
  const call = { service: 'KV', method: 'range', metadata: {}, signal } as const;
  const situation = { endpoint: 'http://127.0.0.1:1', signals: [signal], timeoutMs: leftMs };
  await assert.rejects(sendUnary(transport, call, {}, leftMs, situation), (error) => hasCode(error, code));
}

describe('a stream that the server resets', () => {
  test('is the limit when that has run out', () => callFails(resetsAfter(limitMs), limitMs, 'TIMEOUT'));
  test('is a lost connection before', () => callFails(resetsAfter(0), 60_000, 'CONNECTION_LOST'));
  test('is a lost connection without a limit', () => callFails(resetsAfter(0), undefined, 'CONNECTION_LOST'));
});
