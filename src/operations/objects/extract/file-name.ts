import { createHash } from 'node:crypto';
import type { ExtractedObject } from './extract-objects.ts';

/** File systems take 255 bytes. */
const longestName = 200;

/**
 * The file of an object in a directory: `kubectl apply -f DIR` takes files in the order of their names, which is that
 * of application. Names come out of the source and may hold anything but a slash.
 */
export function extractedFileName({
  rank,
  resource,
  namespace,
  name,
}: Omit<ExtractedObject, 'yaml'>): string {
  const parts = [resource, ...(namespace === undefined ? [] : [namespace]), name];
  const base = `${rank.toString().padStart(2, '0')}_${parts.map(fileNamePart).join('_')}`;
  if (base.length <= longestName) return `${base}.yaml`;
  const digest = createHash('sha256').update(base).digest('hex').slice(0, 16);
  return `${base.slice(0, longestName)}_${digest}.yaml`;
}

function fileNamePart(part: string): string {
  return encodeURIComponent(part.toWellFormed()).replace(
    /[!'()*_~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
