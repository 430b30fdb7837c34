import { HoldfastError, type OperationContext } from '../../../base/index.ts';
import type { AgeSecrets } from '../../../repository/index.ts';
import type { UnusedItem } from '../import-options.ts';

/** What unpacking one backup shares. */
export interface UnpackRun {
  readonly ctx: OperationContext;
  readonly secrets: AgeSecrets;
  readonly maxUnpackedBytes: number;
  /** A new name for a file that goes away with the run. */
  temporaryPath(): Promise<string>;
  /** Told what was seen in an archive and left there. */
  notUsed(item: UnusedItem): void;
}

/** The stream itself, until it is longer than allowed. Errors: IMPORT_TOO_LARGE. */
export async function* limited(
  source: AsyncIterable<Uint8Array>,
  { maxUnpackedBytes }: UnpackRun,
  name: string,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const piece of source) {
    sizeBytes += piece.length;
    if (sizeBytes > maxUnpackedBytes) {
      throw new HoldfastError('IMPORT_TOO_LARGE', `${name} unpacks to more than ${maxUnpackedBytes} bytes`, {
        details: { path: name, maxUnpackedBytes },
      });
    }
    yield piece;
  }
}
