import { displayText, utf8 } from '../../../base/index.ts';
import type { Keyspace } from '../../../formats/mvcc/index.ts';

/** Names of the nodes of a Kubernetes cluster, live at the current revision. */
export function readNodeNames(keyspace: Keyspace, storagePrefix: string): string[] {
  const prefix = `${storagePrefix}/minions/`;
  const names: string[] = [];
  for (const { rank } of keyspace.liveKeys(keyspace.currentRevision, { from: utf8(prefix) })) {
    const key = displayText(keyspace.key(rank));
    if (!key.startsWith(prefix)) break;
    names.push(key.slice(prefix.length));
  }
  return names;
}
