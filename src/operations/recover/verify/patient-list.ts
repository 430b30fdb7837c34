import { HoldfastError, isHoldfastError, type OperationContext, waitUntil } from '../../../base/index.ts';
import type { ApiClient, KubernetesObject } from '../../../kubernetes/index.ts';

/** One list of a big cluster may take a while, above all from an API server that has just started. */
const listTimeoutMs = 60_000;

export interface PatientListOptions {
  /** How long to try, all attempts together. */
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/**
 * All objects of a kind, their metadata only, from the cache that every client of the API server sees. A server that
 * says that it is not there yet, or busy, is asked again: it may answer so for a while after it has called itself
 * ready. A list that is too large for one answer is read in pages, which come past the cache.
 *
 * @param take told each object; a list that is begun again is told from its beginning
 * Errors: TIMEOUT with what the last attempt said, API_SERVER_DENIED, INTERRUPTED and others that asking again does
 * not change.
 */
export async function listPatiently(
  client: ApiClient,
  path: string,
  take: (object: KubernetesObject) => void,
  { timeoutMs, everyMs = 1000 }: PatientListOptions,
  ctx: OperationContext,
): Promise<void> {
  let fromCache = true;
  await waitUntil(
    `${client.server} gives no list of ${path}`,
    async () => {
      try {
        const version = fromCache ? { resourceVersion: '0' } : {};
        const options = { signal: ctx.signal, timeoutMs: listTimeoutMs, metadataOnly: true, ...version };
        for await (const page of client.pages(path, options)) page.items.forEach(take);
        return { done: undefined };
      } catch (error) {
        if (fromCache && isTooLarge(error)) fromCache = false;
        else if (!mayPass(error)) throw error;
        return { waitingFor: isHoldfastError(error) ? error.message : String(error) };
      }
    },
    { timeoutMs, everyMs },
    ctx,
  );
}

function isTooLarge(error: unknown): boolean {
  return isHoldfastError(error) && error.code === 'API_RESPONSE_INVALID' && 'maxBytes' in error.details;
}

/** Whether the same question may be answered a moment later. 410: the page's mark has expired. */
function mayPass(error: unknown): error is HoldfastError {
  if (!isHoldfastError(error)) return false;
  if (error.code === 'TIMEOUT' || error.code === 'API_SERVER_UNREACHABLE') return true;
  const status = Number(error.details['httpStatus'] ?? 0);
  return error.code === 'API_SERVER_ERROR' && (status === 410 || status === 429 || status >= 500);
}
