import type { ByteSource } from '../../base/index.ts';
import type { PageSurvey } from './survey-pages.ts';

/** What follows the last whole page of a file: less than a page. */
export function readTail(source: ByteSource, { pageSize, pageCount }: PageSurvey): Uint8Array {
  const offset = pageCount * pageSize;
  const tail = new Uint8Array(source.sizeBytes - offset);
  return tail.subarray(0, source.readInto(tail, offset));
}
