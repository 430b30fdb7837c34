import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { HoldfastError, throwIfInterrupted } from '../base/index.ts';
import type { DataKeyRequest } from '../formats/kubernetes-object/index.ts';
import { KmsServiceV1, KmsServiceV2 } from './api.ts';
import { type CallFailure, callFailure } from './kms-error.ts';
import { PluginConnection } from './plugin-connection.ts';

/** A wrapped key has a kilobyte at most, its annotations 32; a key far less. */
const maxRequestBytes = 256 << 10;
const maxReplyBytes = 64 << 10;
/** Longer timers wrap around. */
const maxTimeoutMs = 2 ** 31 - 1;

/** What a call ended in: the key, or why there is none. */
export type Answer = { readonly key: Uint8Array } | CallFailure;

/** One plugin: its socket is dialled by the first call, and again after the plugin was restarted. */
export class KmsPlugin {
  readonly #socketPath: string;
  readonly #connection: PluginConnection;
  readonly #transport: Transport;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#connection = new PluginConnection(socketPath);
    this.#transport = createGrpcTransport({
      baseUrl: this.#connection.authority,
      sessionManager: this.#connection,
      // Keys do not compress; offering nothing keeps compressed bombs out.
      acceptCompression: [],
      readMaxBytes: maxReplyBytes,
      writeMaxBytes: maxRequestBytes,
    });
  }

  /** Errors: INTERRUPTED; everything else is in the answer. The key's bytes are the caller's own. */
  async decrypt(request: DataKeyRequest, signal: AbortSignal): Promise<Answer> {
    const isReused = this.#connection.isOpen;
    const answer = await this.#attempt(request, signal);
    // A plugin that was restarted meanwhile took the old connection with it.
    if (isReused && 'kind' in answer && answer.kind === 'broken') return await this.#attempt(request, signal);
    return answer;
  }

  /** Ends the connection. */
  close(): void {
    this.#connection.close();
  }

  async #attempt(request: DataKeyRequest, signal: AbortSignal): Promise<Answer> {
    try {
      const key =
        request.apiVersion === 'v1' ? this.#decryptV1(request, signal) : this.#decryptV2(request, signal);
      return { key: await key };
    } catch (error) {
      throwIfInterrupted(signal);
      const failure = callFailure(error, { socketPath: this.#socketPath, timeoutMs: request.timeoutMs });
      // Whatever is half open there would be met again by the next call.
      if (failure.kind !== 'answered') this.#connection.close();
      return failure;
    }
  }

  async #decryptV1({ ciphertext, timeoutMs }: DataKeyRequest, signal: AbortSignal): Promise<Uint8Array> {
    const { decrypt } = KmsServiceV1.method;
    const request = { version: 'v1beta1', cipher: ciphertext };
    const { plain } = await this.#call(decrypt, request, timeoutMs, signal);
    return requireKey(plain);
  }

  async #decryptV2(request: DataKeyRequest, signal: AbortSignal): Promise<Uint8Array> {
    const { ciphertext, keyId = '', annotations = {}, timeoutMs } = request;
    const { decrypt } = KmsServiceV2.method;
    const message = { ciphertext, uid: randomUUID(), keyId, annotations };
    const { plaintext } = await this.#call(decrypt, message, timeoutMs, signal);
    return requireKey(plaintext);
  }

  async #call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number,
    signal: AbortSignal,
  ) {
    const limitMs = Math.min(Math.max(1, timeoutMs), maxTimeoutMs);
    const message = create(method.input, request);
    const reply = await this.#transport.unary(method, signal, limitMs, undefined, message);
    return reply.message;
  }
}

function requireKey(key: Uint8Array): Uint8Array {
  if (key.length === 0) throw new HoldfastError('KMS_FAILED', 'the plugin answered without a key');
  return key;
}
