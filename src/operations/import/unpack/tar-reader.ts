import { HoldfastError, isHoldfastError } from '../../../base/index.ts';
import {
  archiveNameFault,
  decodeTarHeader,
  paxPath,
  tarBlockBytes,
  type TarHeader,
  tarText,
} from '../../../formats/archive/index.ts';
import type { ByteStream } from './byte-stream.ts';

export interface TarEntry {
  readonly name: string;
  readonly sizeBytes: number;
  readonly isFile: boolean;
}

/** Long names are this long at most; what is longer is no name. */
const maxNameBytes = 64 << 10;
const maxEntries = 100_000;

/** Walks through a tar stream, entry by entry. Names that lead out of it are refused. */
export class TarReader {
  readonly #stream: ByteStream;
  readonly #name: string;
  #leftBytes = 0;
  #paddingBytes = 0;
  #entries = 0;

  constructor(stream: ByteStream, name: string) {
    this.#stream = stream;
    this.#name = name;
  }

  /** The next file, directory or link; what is left of the one before is passed over. Errors: IMPORT_DAMAGED. */
  async nextEntry(): Promise<TarEntry | undefined> {
    let longName: string | undefined;
    for (;;) {
      await this.#passOver();
      const header = await this.#nextHeader();
      if (header === undefined) return undefined;
      if (++this.#entries > maxEntries) throw this.#damaged(`it holds more than ${maxEntries} entries`);
      this.#leftBytes = header.sizeBytes;
      this.#paddingBytes = (tarBlockBytes - (header.sizeBytes % tarBlockBytes)) % tarBlockBytes;
      if (header.type === 'L' || header.type === 'K' || header.type === 'x' || header.type === 'g') {
        longName = (await this.#nameIn(header)) ?? longName;
        continue;
      }
      const name = longName ?? header.name;
      const fault = archiveNameFault(name);
      if (fault !== undefined) throw this.#damaged(`the name ${JSON.stringify(name)} in it ${fault}`);
      return { name, sizeBytes: header.sizeBytes, isFile: header.type === '0' || header.type === '7' };
    }
  }

  /** More of the present entry; undefined at its end. Errors: IMPORT_DAMAGED. */
  async nextPiece(): Promise<Uint8Array | undefined> {
    if (this.#leftBytes === 0) return undefined;
    const piece = await this.#stream.next(this.#leftBytes);
    if (piece === undefined) throw this.#damaged('the tar is cut off');
    this.#leftBytes -= piece.length;
    return piece;
  }

  async #passOver(): Promise<void> {
    while ((await this.nextPiece()) !== undefined);
    const padding = await this.#stream.take(this.#paddingBytes);
    if (padding.length < this.#paddingBytes) throw this.#damaged('the tar is cut off');
    this.#paddingBytes = 0;
  }

  async #nextHeader(): Promise<TarHeader | undefined> {
    const block = await this.#stream.take(tarBlockBytes);
    if (block.length === 0 && this.#entries > 0) return undefined;
    if (block.length < tarBlockBytes) throw this.#damaged('the tar is cut off');
    try {
      return decodeTarHeader(block);
    } catch (error) {
      throw isHoldfastError(error) ? this.#damaged(error.message) : error;
    }
  }

  async #nameIn({ type, sizeBytes }: TarHeader): Promise<string | undefined> {
    if (sizeBytes > maxNameBytes) throw this.#damaged('a name in the tar is too long');
    const bytes = await this.#stream.take(sizeBytes);
    this.#leftBytes = 0;
    if (bytes.length < sizeBytes) throw this.#damaged('the tar is cut off');
    if (type === 'L') return tarText(bytes, 0, bytes.length);
    return type === 'x' ? paxPath(bytes) : undefined;
  }

  #damaged(what: string): HoldfastError {
    return new HoldfastError('IMPORT_DAMAGED', `${this.#name}: ${what}`, { details: { path: this.#name } });
  }
}
