import type * as http2 from 'node:http2';
import { GrpcFault, statusCodes } from './grpc-status.ts';

/** Smaller ones are not counted. */
const smallBytes = 16 << 10;

/**
 * Whole responses that wait in memory for clients to read them, of all calls together. Beyond a bound further ones are
 * refused, as etcd refuses what it cannot keep up with; one alone never is.
 */
export class UnreadResponses {
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Counts a response until its stream closes. Throws GrpcFault. */
  add(stream: http2.ServerHttp2Stream, bytes: number): void {
    if (bytes < smallBytes) return;
    if (this.#bytes > 0 && this.#bytes + bytes > this.#mostBytes)
      throw new GrpcFault(statusCodes.resourceExhausted, 'etcdserver: too many requests');
    this.#bytes += bytes;
    stream.once('close', () => (this.#bytes -= bytes));
  }
}
