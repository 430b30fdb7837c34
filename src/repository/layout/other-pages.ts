import { type ByteSource, SliceMeter, throwIfInterrupted, yieldToEventLoop } from '../../base/index.ts';
import { ChunkBoundary } from '../contents/index.ts';
import { ContentWriter } from '../encoding/index.ts';
import type { RowDigests } from '../keys/index.ts';
import { ForwardReader } from './forward-reader.ts';
import type { PageSurvey } from './survey-pages.ts';

const noKey = new Uint8Array(0);

/**
 * The pages that are not written from rows, in the order of the file, cut like rows. Each chunk is the caller's.
 * Errors: DATABASE_CORRUPT (the file is cut off), FILE_NOT_READABLE, INTERRUPTED.
 */
export async function* cutOtherPages(
  source: ByteSource,
  { pageSize, pageCount, written }: PageSurvey,
  digestOf: RowDigests,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = new ForwardReader(source);
  const boundary = new ChunkBoundary();
  const chunk = new ContentWriter();
  const meter = new SliceMeter();
  const end = () => {
    boundary.restart();
    const content = chunk.finish();
    chunk.clear();
    return content;
  };
  for (let id = 0; id < pageCount; id++) {
    if (written[id] === 1) continue;
    if (boundary.endsBefore(pageSize)) yield end();
    const at = reader.read(id * pageSize, pageSize);
    const page = reader.bytes.subarray(at, at + pageSize);
    chunk.bytes(page);
    if (boundary.endsAfter(pageSize, digestOf(noKey, page))) yield end();
    if (!meter.count(pageSize)) continue;
    await yieldToEventLoop();
    throwIfInterrupted(signal);
  }
  if (chunk.length > 0) yield end();
}
