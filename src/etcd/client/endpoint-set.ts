import type { SecureContext } from 'node:tls';
import { HoldfastError } from '../../base/index.ts';
import { type ConnectionOptions, EtcdConnection } from './connection.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import {
  defaultDialTimeoutMs,
  defaultKeepAliveTimeoutMs,
  type EtcdClientOptions,
  minKeepAliveTimeMs,
} from './options.ts';
import { createSecureContext } from './tls-options.ts';

/** One endpoint with its connection, which the first call dials. */
export interface EndpointChannel {
  readonly endpoint: Endpoint;
  readonly connection: EtcdConnection;
  /** Another connection, for one stream whose data is diverted. Its user closes it. */
  divertingConnection(): EtcdConnection;
}

/** The endpoints of a client, and which of them to ask first: the one that answered last. */
export class EndpointSet {
  readonly texts: readonly string[];
  readonly #options: EtcdClientOptions;
  readonly #channels = new Map<string, EndpointChannel>();
  #preferred = 0;
  #secureContext: SecureContext | undefined;

  /** Errors: USAGE (no endpoint, or a bad one), TLS_OPTIONS_INVALID. */
  constructor(options: EtcdClientOptions) {
    this.#options = options;
    if (options.endpoints.length === 0) throw new HoldfastError('USAGE', 'no etcd endpoint was given');
    const parsed = options.endpoints.map((text) => this.#parse(text));
    this.texts = parsed.map((endpoint) => endpoint.text);
    // Bad files are the user's most common mistake here: say so before anything is dialled.
    if (parsed.some((endpoint) => endpoint.security === 'tls')) this.#sharedSecureContext();
  }

  /** The channels to try, in order; only one when the call is pinned to an endpoint. */
  candidates(pinned?: string): EndpointChannel[] {
    if (pinned !== undefined) return [this.#channel(pinned)];
    const inOrder = [...this.texts.slice(this.#preferred), ...this.texts.slice(0, this.#preferred)];
    return inOrder.map((text) => this.#channel(text));
  }

  /** Remembers who answered. */
  prefer(channel: EndpointChannel): void {
    const index = this.texts.indexOf(channel.endpoint.text);
    if (index >= 0) this.#preferred = index;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.connection.close()));
  }

  #parse(text: string): Endpoint {
    return parseEndpoint(text, this.#options.tls !== undefined);
  }

  #sharedSecureContext(): SecureContext {
    return (this.#secureContext ??= createSecureContext(this.#options.tls ?? {}));
  }

  #channel(text: string): EndpointChannel {
    const endpoint = this.#parse(text);
    let channel = this.#channels.get(endpoint.text);
    if (channel === undefined) {
      channel = this.#build(endpoint);
      this.#channels.set(endpoint.text, channel);
    }
    return channel;
  }

  #build(endpoint: Endpoint): EndpointChannel {
    const options = this.#options;
    const connect = (divertData: boolean) => {
      const connectionOptions: ConnectionOptions = {
        tls: options.tls ?? {},
        secureContext: () => this.#sharedSecureContext(),
        timeoutMs: options.dialTimeoutMs ?? defaultDialTimeoutMs,
        keepAliveTimeMs: Math.max(options.keepAliveTimeMs ?? 0, minKeepAliveTimeMs),
        keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? defaultKeepAliveTimeoutMs,
        divertData,
      };
      return new EtcdConnection(endpoint, connectionOptions);
    };
    return { endpoint, connection: connect(false), divertingConnection: () => connect(true) };
  }
}
