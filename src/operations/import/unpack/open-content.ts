/** A file, opened layer by layer until its database or its events come to light. */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError, HoldfastError, openFileSource } from '../../../base/index.ts';
import { contentKind, type ContentKind, recognisableBytes } from '../../../formats/archive/index.ts';
import { openAgeFile, takeAgeArmorOff } from '../../../repository/index.ts';
import type { ImportedFile } from '../import-options.ts';
import { ByteStream } from './byte-stream.ts';
import { decompress } from './decompress.ts';
import { ReadFile } from './read-file.ts';
import { openTarContent } from './tar-content.ts';
import { limited, type UnpackRun } from './unpack-run.ts';
import { openZipEntry } from './zip-entry.ts';

/** What a file holds, ready to be read to its end. Dispose it when that is done. */
export interface OpenContent extends AsyncDisposable {
  readonly kind: 'database' | 'delta';
  readonly stream: ByteStream;
  readonly layers: readonly string[];
  /** The name of the entry in a zip file that it was in. */
  readonly entryName: string | undefined;
  /** The file as a row of the report; after the stream has ended. */
  describe(content: ImportedFile['content']): Promise<ImportedFile>;
}

const maxLayers = 8;

/**
 * Takes off whatever a backup is packed in.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, IMPORT_NOT_RECOGNISED, IMPORT_AMBIGUOUS,
 * IMPORT_DAMAGED, IMPORT_KEY_WRONG, IMPORT_TOO_LARGE; the same while the stream is read.
 */
export async function openContent(path: string, run: UnpackRun): Promise<OpenContent> {
  const opening = new Opening(path, run);
  try {
    return await opening.open();
  } catch (error) {
    await opening[Symbol.asyncDispose]();
    throw error;
  }
}

class Opening implements AsyncDisposable {
  readonly #path: string;
  readonly #run: UnpackRun;
  readonly #file: ReadFile;
  readonly #layers: string[] = [];
  readonly #open = new AsyncDisposableStack();
  #stream: ByteStream;
  #entryName: string | undefined;

  constructor(path: string, run: UnpackRun) {
    this.#path = path;
    this.#run = run;
    this.#file = this.#open.use(new ReadFile(path));
    this.#stream = new ByteStream(this.#file.pieces(run.ctx));
  }

  async open(): Promise<OpenContent> {
    for (;;) {
      const head = await this.#stream.peek(recognisableBytes);
      const kind = contentKind(head);
      if (kind === 'database' || kind === 'delta') return this.#opened(kind);
      if (this.#layers.length === maxLayers) throw this.#refused(`it is packed more than ${maxLayers} times`);
      const inner = await this.#takeOff(kind, head);
      this.#stream = new ByteStream(limited(inner, this.#run, this.#path));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream.close();
    await this.#open.disposeAsync();
  }

  #opened(kind: 'database' | 'delta'): OpenContent {
    const [path, layers, file, { ctx }] = [this.#path, this.#layers, this.#file, this.#run];
    return {
      kind,
      stream: this.#stream,
      layers,
      entryName: this.#entryName,
      async describe(content) {
        return { path, sizeBytes: file.source.sizeBytes, sha256: await file.sha256(ctx), layers, content };
      },
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  async #takeOff(kind: ContentKind, head: Uint8Array): Promise<AsyncIterable<Uint8Array>> {
    const [stream, name] = [this.#stream, this.#path];
    switch (kind) {
      case 'gzip':
      case 'zlib':
      case 'zstd':
      case 'lzw':
        this.#layers.push(kind);
        return decompress(stream, kind, name);
      case 'age-armor':
        return takeAgeArmorOff(stream, name);
      case 'age':
        this.#layers.push('age');
        return openAgeFile(stream, this.#run.secrets, { name, head });
      case 'tar':
        this.#layers.push('tar');
        return openTarContent(stream, this.#run, name);
      case 'zip':
        return this.#openZip();
      case 'xz':
      case 'bzip2':
      case 'lz4':
      case 'compress':
        throw this.#refused(`it is compressed with ${kind}, which is not known here`, [
          'Unpack it with the program that made it, and import what comes out.',
        ]);
      case 'empty':
        throw this.#refused('it is empty');
      default:
        throw this.#refused('it does not begin like any backup that is known');
    }
  }

  /** A zip file has its directory at its end: one that was inside something else is put on the disk first. */
  async #openZip(): Promise<AsyncIterable<Uint8Array>> {
    const isFile = this.#layers.length === 0;
    this.#layers.push('zip');
    const source = isFile ? this.#file.source : this.#open.use(openFileSource(await this.#spill()));
    const { entryName, content } = await openZipEntry(source, this.#run, this.#path);
    this.#entryName = basename(entryName);
    return content;
  }

  async #spill(): Promise<string> {
    const path = await this.#run.temporaryPath();
    try {
      await using handle = await open(path, 'wx', 0o600);
      for await (const piece of this.#stream) await handle.writeFile(piece);
    } catch (error) {
      throw fileError(error, 'write', path);
    }
    return path;
  }

  #refused(what: string, hint: readonly [string] | readonly [] = []): HoldfastError {
    return new HoldfastError('IMPORT_NOT_RECOGNISED', `${this.#path}: ${what}`, {
      ...(hint[0] === undefined ? {} : { hint: hint[0] }),
      details: { path: this.#path, layers: this.#layers },
    });
  }
}
