/**
 * The one interface to a store of objects: a directory, a bucket, memory.
 *
 * An object has a name and bytes, appears whole or not at all, and is never changed: it is put once, and deleted.
 * That is all that a repository needs, and all that a store of any kind can promise. What only some can promise is
 * declared in `capabilities`. Every backend passes the suite in `contract/`.
 */

/** What one store promises and another does not. */
export interface StorageCapabilities {
  /** Of two puts of one name at the same time at most one says `created`. Else the check and the put are two steps. */
  readonly atomicPutIfAbsent: boolean;
  /** A listing that begins after a put or a delete has ended shows it. Else it may lag behind. */
  readonly consistentList: boolean;
  /** The store can be told to keep objects for a time during which nobody deletes them. */
  readonly objectLock: boolean;
}

export interface ObjectStat {
  readonly name: string;
  readonly sizeBytes: number;
  /** When the object was put, by the store's own clock: milliseconds since the epoch, whole seconds in many stores. */
  readonly modifiedMs: number;
}

export interface RequestOptions {
  /** Ends the request; it then rejects with INTERRUPTED. What it did before that stands. */
  readonly signal?: AbortSignal | undefined;
}

export interface GetOptions extends RequestOptions {
  /** First byte; default 0. */
  readonly offset?: number;
  /** Bytes from there; default: to the end. A range that reaches past the end gives what there is, perhaps nothing. */
  readonly lengthBytes?: number;
  /** The most that is taken into memory; more is refused with STORAGE_OBJECT_TOO_LARGE. Default `defaultGetLimitBytes`. */
  readonly limitBytes?: number;
}

/** Above any object that a repository writes in the ordinary way. */
export const defaultGetLimitBytes = 64 << 20;

export interface PutOptions extends RequestOptions {
  /** Until when nobody may delete it: milliseconds since the epoch. Refused without the capability `objectLock`. */
  readonly retainUntilMs?: number | undefined;
}

/**
 * A store. All methods may be called at the same time.
 *
 * Errors of all: STORAGE_UNREACHABLE, STORAGE_THROTTLED (both may pass: see the retrying wrapper), STORAGE_DENIED,
 * STORAGE_FAILED, STORAGE_NAME_INVALID, INTERRUPTED.
 */
export interface Storage extends AsyncDisposable {
  /** For people and messages: `/srv/backups`, `s3://bucket/prefix`. Holds no secrets. */
  readonly location: string;
  readonly capabilities: StorageCapabilities;

  /**
   * Puts an object under a name that is not taken. When it resolves, the object survives a power cut.
   * A rejection does not say that nothing happened: the object may be there, whole.
   * @param content in order; not kept after the promise settles, and not changed by the caller before that
   */
  putIfAbsent(
    name: string,
    content: readonly Uint8Array[],
    options?: PutOptions,
  ): Promise<'created' | 'exists'>;

  /** Reads an object or a part of it; the bytes are the caller's. Errors: STORAGE_OBJECT_MISSING, STORAGE_OBJECT_TOO_LARGE. */
  get(name: string, options?: GetOptions): Promise<Uint8Array>;

  /** Size and time, or undefined when there is no such object. */
  stat(name: string, options?: RequestOptions): Promise<ObjectStat | undefined>;

  /**
   * All objects whose names begin with the prefix, in ascending order of their names. The prefix is empty or ends
   * with `/`. Objects that come or go meanwhile may be among them or not.
   */
  list(prefix: string, options?: RequestOptions): AsyncIterable<ObjectStat>;

  /** Deletes an object; it is no error when there is none. Errors: STORAGE_OBJECT_LOCKED. */
  delete(name: string, options?: RequestOptions): Promise<void>;
}
