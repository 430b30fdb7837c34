import type { ApiAnswer, ApiConnection } from '../../../src/sandbox/index.ts';
import { eventually } from '../waiting.ts';

/**
 * Asks an API server for a list that is to be as new as etcd. Its cache has three seconds to get there, which is not
 * enough on a loaded machine; then it says 504, which means: ask again.
 */
export function askPatiently(api: ApiConnection, path: string): Promise<ApiAnswer> {
  return eventually(60_000, `${api.server}${path} is answered in time`, async () => {
    const answer = await api.get(path);
    return answer.status === 504 ? undefined : answer;
  });
}
