import { type HoldfastError, type OperationContext, RecentMap } from '../base/index.ts';
import { type DataKeyRequest, dataKeyId } from '../formats/kubernetes-object/index.ts';
import { KmsPlugin } from './kms-plugin.ts';
import { parseSocketPath } from './socket-path.ts';

export type DataKeyUnwrapperContext = Pick<OperationContext, 'signal' | 'clock' | 'log'>;

/** Asks KMS plugins for data keys. Dispose it: it holds a connection for each plugin. */
export interface DataKeyUnwrapper extends Disposable {
  /**
   * The key, or the seed of keys, that a plugin unwraps; the bytes are the caller's own. What failed a moment ago fails
   * again at once, so that ten thousand objects do not wait for one plugin that is silent.
   *
   * Errors: KMS_UNREACHABLE, KMS_FAILED, INTERRUPTED. None of them, and no line of the log, holds a key.
   */
  unwrap(request: DataKeyRequest): Promise<Uint8Array>;
}

/** How many refusals are remembered. */
const failuresKept = 1024;
/** A plugin that was not there, or has refused a key, is asked again after this long. */
const askAgainAfterMs = 1000;
/** One that was silent after this many times its time limit. */
const silenceFactor = 10;

export function openDataKeyUnwrapper(ctx: DataKeyUnwrapperContext): DataKeyUnwrapper {
  return new PluginPool(ctx);
}

interface RecentFailure {
  readonly error: HoldfastError;
  readonly untilMs: number;
}

class PluginPool implements DataKeyUnwrapper {
  readonly #ctx: DataKeyUnwrapperContext;
  readonly #plugins = new Map<string, KmsPlugin>();
  /** By endpoint, or by key. */
  readonly #failures = new RecentMap<string, RecentFailure>(failuresKept);

  constructor(ctx: DataKeyUnwrapperContext) {
    this.#ctx = ctx;
  }

  async unwrap(request: DataKeyRequest): Promise<Uint8Array> {
    const { endpoint } = request;
    const id = dataKeyId(request);
    this.#throwRecent(endpoint);
    this.#throwRecent(id);
    const answer = await this.#pluginAt(request).decrypt(request, this.#ctx.signal);
    if (!('kind' in answer)) return answer.key;
    const { kind, error } = answer;
    const quietMs = kind === 'silent' ? silenceFactor * request.timeoutMs : askAgainAfterMs;
    const untilMs = this.#ctx.clock.monotonicMs() + quietMs;
    this.#failures.set(kind === 'answered' ? id : endpoint, { error, untilMs });
    throw error;
  }

  [Symbol.dispose](): void {
    for (const plugin of this.#plugins.values()) plugin.close();
    this.#plugins.clear();
  }

  #pluginAt({ endpoint, plugin: name, apiVersion }: DataKeyRequest): KmsPlugin {
    const known = this.#plugins.get(endpoint);
    if (known !== undefined) return known;
    this.#ctx.log.debug('asking a KMS plugin for data keys', { plugin: name, apiVersion, endpoint });
    const plugin = new KmsPlugin(parseSocketPath(endpoint));
    this.#plugins.set(endpoint, plugin);
    return plugin;
  }

  #throwRecent(what: string): void {
    const failure = this.#failures.get(what);
    if (failure === undefined) return;
    if (this.#ctx.clock.monotonicMs() < failure.untilMs) throw failure.error;
    this.#failures.delete(what);
  }
}
