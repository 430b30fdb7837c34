import type * as net from 'node:net';
import { Duplex } from 'node:stream';

/**
 * Takes a piece of a diverted stream's data. The bytes are overwritten when it returns. While a returned promise is
 * pending, the sender gets no credit for what it has sent: it runs dry after one window.
 */
export type DataHandler = (bytes: Uint8Array) => Promise<void> | undefined;

const frameHeaderBytes = 9;
const dataFrame = 0;
const windowUpdateFrame = 8;
const endStreamFlag = 0x1;
const paddedFlag = 0x8;
const readBufferBytes = 64 << 10;

/**
 * Stands between a socket and node:http2 and takes the DATA frames of one stream out before node:http2 sees them;
 * everything else (settings, headers, trailers, pings, every other stream) passes unchanged. node:http2 spends more on
 * a DATA frame than decrypting, hashing and writing its bytes cost together: a buffer, a slice and several calls each.
 * Here the socket reads into one buffer that is never given away. See docs/adr/0004.
 *
 * Flow control of the diverted data is ours: the session must have been opened with `windowBytes` as the window of the
 * connection and of each stream, and never sees those bytes arrive, so it never gives them back.
 *
 * Source of the fact: RFC 9113, sections 4.1, 6.1 and 6.9.
 */
export class DataDiverter extends Duplex {
  /** For `net.connect` or `tls.connect`: makes the socket read into the diverter. */
  readonly onread: net.OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(readBufferBytes),
    callback: (count, buffer) => {
      this.#take(buffer as Buffer, count);
      return true;
    },
  };
  readonly #creditBytes: number;
  #socket: net.Socket | undefined;
  #streamId = -1;
  #handler: DataHandler | undefined;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerFilled = 0;
  /** Bytes of the current frame still to come, and how many of the last of them are padding. */
  #frameLeft = 0;
  #paddingLeft = 0;
  #padLengthNext = false;
  #diverting = false;
  #endsStream = false;
  #uncreditedBytes = 0;
  #pendingHandlers = 0;

  constructor(windowBytes: number) {
    super({ allowHalfOpen: false });
    this.#creditBytes = windowBytes / 4;
  }

  /** Connects the far side. The socket was made with `onread`. */
  attach(socket: net.Socket): void {
    this.#socket = socket;
    socket.on('error', (error) => this.destroy(error));
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    // Whoever opened the socket hears its errors there. Before a session listens here, too, this would be one unheard.
    this.on('error', () => {});
  }

  /** From now on the data of this stream goes to the handler. */
  divert(streamId: number, handler: DataHandler): void {
    this.#streamId = streamId;
    this.#handler = handler;
  }

  override _read(): void {
    // The socket reads by itself. What passes is a few small frames; diverted data is never buffered here.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket!.write(chunk, done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#socket!.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket?.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket?.destroy();
    done(error);
  }

  /** Walks over the frames in `buffer[0..count]`, which may begin and end anywhere in a frame. */
  #take(buffer: Buffer, count: number): void {
    let offset = 0;
    while (offset < count) {
      if (this.#frameLeft > 0) {
        offset = this.#takePayload(buffer, offset, count);
        continue;
      }
      const taken = Math.min(frameHeaderBytes - this.#headerFilled, count - offset);
      buffer.copy(this.#header, this.#headerFilled, offset, offset + taken);
      this.#headerFilled += taken;
      offset += taken;
      if (this.#headerFilled === frameHeaderBytes) this.#startFrame();
    }
  }

  #startFrame(): void {
    const header = this.#header;
    const length = header.readUIntBE(0, 3);
    const flags = header[4]!;
    this.#headerFilled = 0;
    this.#frameLeft = length;
    this.#paddingLeft = 0;
    this.#diverting = header[3] === dataFrame && header.readUInt32BE(5) === this.#streamId;
    if (!this.#diverting) {
      this.push(Buffer.from(header));
      return;
    }
    this.#padLengthNext = (flags & paddedFlag) !== 0;
    this.#endsStream = (flags & endStreamFlag) !== 0;
    this.#uncreditedBytes += length;
    if (length === 0) this.#endFrame();
  }

  #endFrame(): void {
    // The end of the stream still has to reach node:http2: as a frame without data.
    if (this.#endsStream) this.push(frame(dataFrame, endStreamFlag, this.#streamId));
    this.#giveCredit();
  }

  #takePayload(buffer: Buffer, offset: number, count: number): number {
    const end = Math.min(count, offset + this.#frameLeft);
    this.#frameLeft -= end - offset;
    if (!this.#diverting) {
      // A copy: the buffer is read into again.
      this.push(Buffer.from(buffer.subarray(offset, end)));
      return end;
    }
    let start = offset;
    if (this.#padLengthNext) {
      this.#paddingLeft = buffer[start++]!;
      this.#padLengthNext = false;
    }
    const dataEnd = Math.max(start, end - Math.max(0, this.#paddingLeft - this.#frameLeft));
    if (dataEnd > start) this.#handOver(buffer.subarray(start, dataEnd));
    if (this.#frameLeft === 0) this.#endFrame();
    return end;
  }

  #handOver(bytes: Uint8Array): void {
    const wait = this.#handler!(bytes);
    if (wait === undefined) return;
    this.#pendingHandlers++;
    const goOn = () => {
      this.#pendingHandlers--;
      this.#giveCredit();
    };
    // Whoever returned the promise deals with its rejection.
    wait.then(goOn, goOn);
  }

  /** Lets the sender send as much again as was taken, in large steps. */
  #giveCredit(): void {
    if (this.#uncreditedBytes < this.#creditBytes || this.#pendingHandlers > 0 || this.destroyed) return;
    const credit = Buffer.alloc(4);
    credit.writeUInt32BE(this.#uncreditedBytes);
    this.#uncreditedBytes = 0;
    // Writes of node:http2 are whole frames, so ours fit between them.
    this.#socket!.write(
      Buffer.concat([
        frame(windowUpdateFrame, 0, 0, credit),
        frame(windowUpdateFrame, 0, this.#streamId, credit),
      ]),
    );
  }
}

function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}
