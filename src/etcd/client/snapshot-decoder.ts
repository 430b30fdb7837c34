import { HoldfastError } from '../../base/index.ts';

/** What one message of a snapshot stream tells beside its blob. */
export interface SnapshotMessage {
  /** Database bytes that follow this message. */
  readonly remainingBytes: number;
  readonly blobBytes: number;
  /** Storage version of the database, from 3.6 on; otherwise empty. */
  readonly version: string;
}

export interface SnapshotDecoderEvents {
  /** Blob bytes in order: a view of the chunk that was pushed. */
  readonly blob: (bytes: Uint8Array) => void;
  /** A message is complete; its blob has been passed on before. */
  readonly message: (message: SnapshotMessage) => void;
}

/** What the next byte belongs to. The last three are runs of a known length. */
type State = 'prefix' | 'tag' | 'varint' | 'length' | 'fixed' | 'skip' | 'text' | 'blob';

const prefixBytes = 5;
const remainingBytesField = 2;
const blobField = 3;
const versionField = 4;
/** A storage version is five characters; whatever is longer than this is not one. */
const maxVersionBytes = 256;

/**
 * Decodes the body of a Snapshot call: gRPC messages (a flag, a big-endian u32 length, a protobuf SnapshotResponse)
 * cut into chunks anywhere. Blobs are never collected: pieces of them are passed on as they arrive, which is what
 * makes it cheaper than a general decoder.
 *
 * Source of the fact: gRPC over HTTP/2; etcd api/etcdserverpb/rpc.proto, 3.4 to 3.7.
 */
export class SnapshotDecoder {
  readonly #events: SnapshotDecoderEvents;
  #state: State = 'prefix';
  /** Bytes of the gRPC prefix or of the current run still to come. */
  #runLeft = prefixBytes;
  #messageLeft = 0;
  #field = 0;
  #wireType = 0;
  #value = 0;
  #scale = 1;
  #text = '';
  #remainingBytes = 0;
  #blobBytes = 0;
  #version = '';

  constructor(events: SnapshotDecoderEvents) {
    this.#events = events;
  }

  /** Whether the bytes so far end with a whole message. */
  get atBoundary(): boolean {
    return this.#state === 'prefix' && this.#runLeft === prefixBytes;
  }

  /** Decodes the next chunk. Errors: RECORD_INVALID. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#state === 'blob') offset = this.#takeBlob(chunk, offset);
      else this.#takeByte(chunk[offset++]!);
    }
  }

  #takeBlob(chunk: Uint8Array, offset: number): number {
    const end = Math.min(chunk.length, offset + this.#runLeft);
    const taken = end - offset;
    this.#events.blob(offset === 0 && end === chunk.length ? chunk : chunk.subarray(offset, end));
    this.#blobBytes += taken;
    this.#runLeft -= taken;
    this.#messageLeft -= taken;
    if (this.#runLeft === 0) this.#endField();
    return end;
  }

  #takeByte(byte: number): void {
    if (this.#state === 'prefix') {
      this.#takePrefix(byte);
      return;
    }
    this.#messageLeft--;
    if (this.#state === 'tag' || this.#state === 'varint' || this.#state === 'length') {
      this.#takeVarint(byte);
    } else {
      if (this.#state === 'text') this.#text += String.fromCharCode(byte);
      if (--this.#runLeft === 0) this.#endField();
    }
  }

  #takePrefix(byte: number): void {
    if (this.#runLeft === prefixBytes) {
      if (byte !== 0) throw malformed('a compressed message');
    } else {
      this.#messageLeft = this.#messageLeft * 256 + byte;
    }
    if (--this.#runLeft > 0) return;
    this.#remainingBytes = 0;
    this.#blobBytes = 0;
    this.#version = '';
    this.#expectField();
  }

  /** At the start of a field, or at the end of the message. */
  #expectField(): void {
    if (this.#messageLeft > 0) {
      this.#startVarint('tag');
      return;
    }
    const message = {
      remainingBytes: this.#remainingBytes,
      blobBytes: this.#blobBytes,
      version: this.#version,
    };
    this.#state = 'prefix';
    this.#runLeft = prefixBytes;
    this.#events.message(message);
  }

  #startVarint(state: State): void {
    this.#state = state;
    this.#value = 0;
    this.#scale = 1;
    if (this.#messageLeft === 0) throw malformed('a field cut off by the end of its message');
  }

  #takeVarint(byte: number): void {
    this.#value += (byte & 0x7f) * this.#scale;
    this.#scale *= 128;
    if (this.#value > Number.MAX_SAFE_INTEGER || this.#scale > 2 ** 70) throw malformed('a number too large');
    if (byte >= 0x80) {
      if (this.#messageLeft === 0) throw malformed('a number cut off by the end of its message');
      return;
    }
    if (this.#state === 'tag') this.#takeTag(this.#value);
    else if (this.#state === 'length') this.#startRun(this.#stateOfRun(), this.#value);
    else this.#takeNumber(this.#value);
  }

  #takeTag(tag: number): void {
    this.#field = Math.floor(tag / 8);
    this.#wireType = tag % 8;
    if (this.#field === blobField && this.#wireType !== 2) throw malformed('a blob that is not bytes');
    if (this.#wireType === 0) this.#startVarint('varint');
    else if (this.#wireType === 2) this.#startVarint('length');
    else if (this.#wireType === 1) this.#startRun('fixed', 8);
    else if (this.#wireType === 5) this.#startRun('fixed', 4);
    else throw malformed(`wire type ${this.#wireType}`);
  }

  #takeNumber(value: number): void {
    if (this.#field === remainingBytesField) this.#remainingBytes = value;
    this.#expectField();
  }

  #stateOfRun(): State {
    if (this.#field === blobField) return 'blob';
    return this.#field === versionField && this.#value <= maxVersionBytes ? 'text' : 'skip';
  }

  #startRun(state: State, length: number): void {
    if (length > this.#messageLeft) throw malformed('a field longer than its message');
    this.#state = state;
    this.#runLeft = length;
    this.#text = '';
    if (length === 0) this.#endField();
  }

  #endField(): void {
    if (this.#state === 'text') this.#version = this.#text;
    this.#expectField();
  }
}

function malformed(what: string): HoldfastError {
  return new HoldfastError('RECORD_INVALID', `snapshot stream: ${what}`, {
    hint: 'What answers there does not behave like etcd: check the endpoint, and any proxy before it.',
  });
}
