import { HoldfastError, isHoldfastError } from '../../base/index.ts';

/** gRPC metadata key under which etcd looks for the token (api/v3rpc/rpctypes/metadatafields.go). */
export const tokenHeader = 'token';

const failedPrecondition = 9;

/**
 * The token of a user: fetched before the first call, fetched anew when the server no longer knows it. Without a user,
 * and on a cluster without authentication, there is none.
 */
export class Authentication {
  readonly #fetchToken: (() => Promise<string>) | undefined;
  #token: Promise<string | undefined> | undefined;

  /** @param fetchToken calls Authenticate; undefined without a user */
  constructor(fetchToken: (() => Promise<string>) | undefined) {
    this.#fetchToken = fetchToken;
  }

  get userGiven(): boolean {
    return this.#fetchToken !== undefined;
  }

  /** Errors: AUTH_FAILED, and those of any call. */
  token(): Promise<string | undefined> {
    if (this.#fetchToken === undefined) return Promise.resolve(undefined);
    return (this.#token ??= this.#authenticate(this.#fetchToken));
  }

  /**
   * Whether a call that failed like this may be sent once more with a new token. etcd checks the token before it does
   * anything, so that the call had no effect.
   */
  isStale(error: unknown): boolean {
    return (
      this.userGiven &&
      isHoldfastError(error) &&
      /invalid auth token|revision of auth store is old/.test(error.message)
    );
  }

  /** Drops a token that the server refused. */
  forget(): void {
    this.#token = undefined;
  }

  async #authenticate(fetchToken: () => Promise<string>): Promise<string | undefined> {
    try {
      return await fetchToken();
    } catch (error) {
      // A user for a cluster without authentication: etcdctl goes on without a token, and so do we.
      if (authenticationIsOff(error)) return undefined;
      this.#token = undefined;
      throw error;
    }
  }
}

function authenticationIsOff(error: unknown): boolean {
  return (
    error instanceof HoldfastError &&
    error.details['grpcCode'] === failedPrecondition &&
    error.message.includes('authentication is not enabled')
  );
}
